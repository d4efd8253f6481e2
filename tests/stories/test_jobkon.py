"""JobKon ends in two parts: its users are told, the last day works, and then nothing answers (JKO-1 … JKO-3)."""

from streams.jobkon import decision
from tests.jobkon_builders import answered, ends, use
from tests.stories.playbook import Playbook

LAST_2021, LAST_2022 = "31.12.2021", "31.12.2022"


def test_jko_1_joblog_outlives_the_first_part_by_a_year_and_from_2023_nothing_of_jobkon_answers() -> None:
    book = Playbook(decision).day("2022-01-01")
    book.fact(use("2022-01-01 08:00", "adverts-create"))
    book.fact(use("2022-01-01 08:01", "joblog-view"))
    book.fact(use("2022-01-01 08:02", "front-page"))
    assert book.new_outputs() == [
        answered("2022-01-01 08:00", "adverts-create", granted=False),
        answered("2022-01-01 08:01", "joblog-view", granted=True),
        answered("2022-01-01 08:02", "front-page", granted=True, rule="JKO-1"),
    ]
    assert book.day("2023-01-01").new_outputs() == []
    book.fact(use("2023-01-01 00:00", "joblog-view"))
    book.fact(use("2023-01-01 00:01", "front-page"))
    assert book.new_outputs() == [
        answered("2023-01-01 00:00", "joblog-view", granted=False),
        answered("2023-01-01 00:01", "front-page", granted=False, rule="JKO-1"),
    ]
    assert book.state("user-1") is None


def test_jko_2_a_request_on_the_last_day_works_and_on_the_next_is_refused_naming_what_replaces_it() -> None:
    book = Playbook(decision).day("2021-12-31").fact(use("2021-12-31 23:59", "adverts-search"))
    assert book.new_outputs() == [answered("2021-12-31 23:59", "adverts-search", granted=True)]
    book.day("2022-01-01").fact(use("2022-01-01 00:00", "adverts-search")).fact(use("2022-01-01 00:01", "messages"))
    advert, message = (
        answered("2022-01-01 00:00", "adverts-search", granted=False),
        answered("2022-01-01 00:01", "messages", granted=False),
    )
    assert book.new_outputs() == [advert, message]
    assert advert.text.endswith("Sidste dag var den 31.12.2021. Brug webservicen JobAD.")
    assert message.text.endswith("Se STAR's liste over webservices.")


def test_jko_3_who_uses_jobkon_in_the_autumn_is_told_90_30_and_7_days_before_in_one_notice_each() -> None:
    book = Playbook(decision).day("2021-09-01")
    book.fact(use("2021-09-01 09:00", "messages")).fact(use("2021-09-01 09:01", "adverts-view"))
    book.fact(use("2021-09-01 09:02", "joblog-view")).new_outputs()
    assert book.day("2021-10-01").new_outputs() == []
    both = "adverts-view, messages"
    assert book.day("2021-10-02").new_outputs() == [ends("2021-10-02", both, LAST_2021, 90, "2022-01-01")]

    book.fact(use("2021-11-01 09:00", "messages")).new_outputs()
    assert book.day("2021-12-01").new_outputs() == [ends("2021-12-01", "messages", LAST_2021, 30, "2022-01-01")]
    assert book.day("2021-12-24").new_outputs() == [ends("2021-12-24", "messages", LAST_2021, 7, "2022-01-01")]
    assert book.day("2022-12-31").new_outputs() == []
    assert book.state("user-1") is None


def test_jko_3_who_used_joblog_in_the_last_autumn_is_told_of_the_last_part() -> None:
    book = Playbook(decision).day("2022-12-02")
    book.fact(use("2022-12-02 09:00", "joblog-search")).new_outputs()
    assert book.day("2022-12-23").new_outputs() == []
    assert book.day("2022-12-24").new_outputs() == [ends("2022-12-24", "joblog-search", LAST_2022, 7, "2023-01-01")]
    assert book.day("2023-02-01").new_outputs() == []


def test_tit_12_the_look_up_of_titles_by_category_is_gone_on_the_day_of_the_wave() -> None:
    book = Playbook(decision).fact(use("2021-06-11 23:59", "title-category-lookup")).day("2021-06-12")
    assert book.new_outputs() == [answered("2021-06-11 23:59", "title-category-lookup", granted=True, rule="TIT-12")]
    refused = answered("2021-06-12 00:00", "title-category-lookup", granted=False, rule="TIT-12")
    assert book.fact(use("2021-06-12 00:00", "title-category-lookup")).new_outputs() == [refused]
    assert "Skriv de første bogstaver" in refused.text
    assert book.day("2022-12-31").new_outputs() == []
