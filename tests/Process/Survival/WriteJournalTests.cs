namespace Muster.Survival;

public sealed class WriteJournalTests
{
    private readonly Faults faults = new();
    private readonly WriteJournal journal;

    public WriteJournalTests()
    {
        journal = new WriteJournal("d reported", faults);
        journal.Start(0, 1);
    }

    [Fact]
    public void Writes_that_are_acknowledged_one_by_one_are_no_fault()
    {
        Write(2);
        Write(3);

        journal.Compare(2, 3, "its row");
        Assert.Empty(faults.Lines);
    }

    [Fact]
    public void A_version_that_is_given_twice_is_a_fault()
    {
        Write(2);
        Write(2);

        Assert.Contains("write 2 got version 2, but 2 was given to write 1", Assert.Single(faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_no_write_explains_is_a_fault()
    {
        Write(3);

        Assert.Contains("1 versions between", Assert.Single(faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_without_answer_explains_one_version_and_no_more()
    {
        journal.Unknown(journal.Begin(), "time-out");
        Write(3);
        Assert.Empty(faults.Lines);

        Write(5);
        Assert.Single(faults.Lines);
    }

    [Fact]
    public void A_write_without_answer_may_stand_or_not()
    {
        Write(2);
        journal.Unknown(journal.Begin(), "time-out");

        journal.Compare(1, 2, "its row");
        journal.Compare(2, 3, "its row");
        Assert.Empty(faults.Lines);
    }

    [Fact]
    public void An_acknowledged_write_that_does_not_stand_is_a_fault()
    {
        Write(2);
        Write(3);

        journal.Compare(1, 2, "its row");
        Assert.Contains("write 2 was acknowledged as version 3", Assert.Single(faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_write_that_overtakes_an_acknowledged_one_is_a_fault()
    {
        var late = journal.Begin();
        journal.Unknown(late, "time-out");
        Write(2);

        journal.Compare(late, 3, "its row");
        Assert.Contains("but write 2 was acknowledged as version 2", Assert.Single(faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void What_had_no_answer_two_rounds_ago_explains_nothing_any_more()
    {
        journal.Unknown(journal.Begin(), "time-out");
        journal.Age();
        journal.Age();

        Write(3);
        Assert.Single(faults.Lines);
    }

    private void Write(long version) => journal.Acknowledge(journal.Begin(), version);
}
