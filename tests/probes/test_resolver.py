"""The prober's questions to Docker's resolver, and what it reads of the answers."""

from __future__ import annotations

from causeway.live.prober import addresses_in, question

HEAD = b"\x00\x07\x81\x80\x00\x01"
ASKED = b"\x00\x00\x00\x00\x03web\x00\x00\x01\x00\x01"
SAME_NAME = b"\xc0\x0c"
ADDRESS = b"\x00\x01\x00\x01\x00\x00\x02\x58\x00\x04"
ALIAS = b"\x00\x05\x00\x01\x00\x00\x02\x58\x00\x04\x01b\xc0\x0c"


def test_a_question_asks_for_the_ipv4_address_of_a_name() -> None:
    assert question(7, "a.web") == (
        b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x03web\x00\x00\x01\x00\x01"
    )


def test_every_address_of_an_answer_is_read() -> None:
    records = b"".join(
        SAME_NAME + ADDRESS + bytes(each) for each in ((172, 18, 0, 3), (172, 18, 0, 2))
    )
    assert addresses_in(HEAD + b"\x00\x02" + ASKED + records) == ["172.18.0.2", "172.18.0.3"]


def test_other_records_and_written_out_names_are_passed_over() -> None:
    records = SAME_NAME + ALIAS + b"\x01b\x03web\x00" + ADDRESS + bytes((10, 0, 0, 9))
    assert addresses_in(HEAD + b"\x00\x02" + ASKED + records) == ["10.0.0.9"]


def test_a_name_that_nobody_has_gives_none() -> None:
    assert addresses_in(b"\x00\x07\x81\x83\x00\x01\x00\x00" + ASKED) == []
