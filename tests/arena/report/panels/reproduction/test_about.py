"""How a paper was played again."""

from arena.report.panels.reproduction import about
from tests.arena.report.panels.shape import Shape, same_shape


def words(page):
    return " ".join(Shape(about.draw(page)).text.split())


def test_profile_task_and_seconds(reproduced):
    assert words(reproduced()).startswith("quick profile · digits · digits-cnn · 3 epochs, batch 64, adam 0.001, "
                                          "constant · 12 s here")
    assert "digits, 400 training images before the split (80 % of them train) · digits-cnn" in words(
        reproduced(task={"limit": 400}))


def test_rows_without_a_target_are_not_counted(reproduced, row):
    rows = [row(holds=True), row(holds=False), row(), row(holds=True)]
    assert "Of 3 rows with a target 2 hold." in words(reproduced(rows))


def test_what_differs_throughout(reproduced):
    assert "Different throughout" not in words(reproduced())
    assert words(reproduced(throughout="fewer images")).endswith("Different throughout: fewer images")


def test_hostile_words(reproduced):
    same_shape(
        lambda text: about.draw(
            reproduced(
                task=dict.fromkeys(("dataset", "network", "optimizer", "schedule"), text), profile=text, throughout=text
            )
        )
    )
