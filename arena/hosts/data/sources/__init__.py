"""Where data sets come from, one file a source: `has` says cheaply whether it has one, `read` reads it; `FETCHES`
whether that is a download, `size`, where there is one, how many training images of how many pixels it has, cheaply. The
source with the lowest `ORDER` that has a data set is asked: for a name, or for an absolute path."""
