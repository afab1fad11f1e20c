import pytest

from causeway.model.units import octal, seconds, size, whole_seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1m30s", 90.0), ("500ms", 0.5), ("1h", 3600.0), ("0s", 0.0), ("1.5s", 1.5), ("10us", 1e-5)],
)
def test_seconds(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "5", "5 s", "s", "5parsec"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


@pytest.mark.parametrize(("text", "expected"), [("1m30.2s", 91), ("90s", 90), ("1ms", 1)])
def test_whole_seconds_are_rounded_up(text: str, expected: int) -> None:
    assert whole_seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1610612736", 1610612736),
        ("64m", 67108864),
        ("1.5GB", 1610612736),
        ("2kib", 2048),
        ("-1", -1),
        ("7b", 7),
    ],
)
def test_size(text: str, expected: int) -> None:
    assert size(text) == expected


def test_no_size() -> None:
    with pytest.raises(ValueError, match="not a size: 'lots'"):
        size("lots")


def test_octal() -> None:
    assert [octal("440"), octal("0440"), octal("1777")] == ["0440", "0440", "1777"]
