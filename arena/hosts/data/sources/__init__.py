"""Where data sets come from, one file a source: `has` says cheaply whether it has one, `read` reads it; `FETCHES`
whether that is a download. The source with the lowest `ORDER` that has a data set is asked."""
