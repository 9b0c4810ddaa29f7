"""Many texts are told to be headings or none at once, as each of them is alone."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pairing.annexes import PairingSummary
from reporting.incoming.asked import names_of
from reporting.workbook.reading import lines
from reporting.workbook.reading.headings import LIKELY, Headings
from reporting.workbook.reading.words import Texts, squeezed
from tests import battery

quick = settings(max_examples=battery.count(300, full=5_000), deadline=None)
NAMES = names_of(PairingSummary())
WORDS = sorted({name for _, names in NAMES for name in names})
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(["演示岗", "所在乡镇", "的街道", "联系人", "电话", "No", "ＮＯ", "序号", "填报单位", "县（区）", "村", "岗", "演示"]),
    st.sampled_from(["（", "）", "(", ")", "【", "、", "：", "1", "①", "２", " ", "\u3000", "\n", "\u200b", "*", "甲", "́", "ﾞ", "Σ", "İ"]),
    st.text(max_size=2),
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=4).map("".join),
    st.sampled_from(WORDS).flatmap(lambda word: st.integers(0, len(word)).map(lambda at: f"{word[:at]}\n{word[at:]}")),
    st.just("岗" * 90),
)  # fmt: skip


@quick
@given(batches=st.lists(st.sets(TEXTS, max_size=6), min_size=1, max_size=4))
def test_headings_among_many_texts_are_those_that_each_text_is_alone(batches):
    told = Headings(NAMES, ("填报单位",))
    for texts in batches:
        alone = {
            text for text in texts if Headings(NAMES, ("填报单位",)).match(text).tier >= LIKELY
        }
        event(f"{min(len(alone), 3)} of {min(len(texts), 3)}")

        assert told.likely(texts) == alone
        assert told.likely_among(Texts(texts)) == alone


@pytest.mark.parametrize(
    "text", ["结对(村)", "(结对村)", "结对村(全称)", "结对村[社区]", "文明岗(1)", "甲(乙)"]
)
def test_a_heading_with_brackets_is_found_among_words_without_signs(text):
    told = Headings(NAMES, ("填报单位",))

    assert told.likely_among(Texts(["演示", text])) == {text} - {"甲(乙)"}


HINTS = st.sampled_from(["甲", "1", "12", "①", "（全称）", "（个）", "(1)", "万元", "个、万元", "单位", "Ａ", "（\n）", "1\n2", "甲\n", "123", "户主", "甲岗", "【】"])  # fmt: skip


@quick
@given(texts=st.sets(st.one_of(HINTS, HINTS, PIECES).filter(bool), max_size=5))
def test_hints_below_a_heading_are_found_among_many_texts_as_each_alone(texts):
    alone = [text for text in texts if lines.may_be_heading_tails(Texts([text, "。" * 50]))]

    assert lines.may_be_heading_tails(Texts(texts)) == any(map(one_by_one, texts)) == bool(alone)


def one_by_one(text):
    return any(pattern.match(squeezed(text)) for pattern in (lines._COLUMN_MARK, lines._HINT))


def test_what_was_told_of_texts_is_forgotten_when_they_are_many(monkeypatch):
    monkeypatch.setattr("reporting.workbook.reading.headings._MOST_TOLD", 3)
    told = Headings(NAMES, ("填报单位",))

    for texts in ({"甲岗", "结对村"}, {"乙岗", "文明岗"}, {"结对村", "丙岗"}):
        assert told.likely(texts) == texts & {"结对村", "文明岗"}
