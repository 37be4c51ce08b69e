namespace Muster.Survival;

public sealed class TelemetryJournalTests
{
    private readonly Faults faults = new();
    private readonly TelemetryJournal journal;

    public TelemetryJournalTests() => journal = new TelemetryJournal("d", faults);

    [Fact]
    public void An_acknowledged_message_that_is_not_read_back_is_a_fault()
    {
        Send(times: 1, acknowledged: true);

        Assert.Equal((1, 0), journal.Close());
        Assert.Contains("is not in the event log", Assert.Single(faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_may_stand_once_for_each_time_that_it_was_sent()
    {
        var number = Send(times: 2, acknowledged: true);
        journal.Seen(number, "0/1");
        journal.Seen(number, "0/2");
        Assert.Equal((1, 1), journal.Close());
        Assert.Empty(faults.Lines);
    }

    [Fact]
    public void A_message_that_stands_more_often_than_it_was_sent_is_a_fault()
    {
        var number = Send(times: 1, acknowledged: true);
        journal.Seen(number, "0/1");
        journal.Seen(number, "0/2");
        journal.Close();

        Assert.Contains("sent 1 times and is in the event log 2 times, last at 0/2", Assert.Single(faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_without_acknowledgement_may_be_missing()
    {
        Send(times: 3, acknowledged: false);

        Assert.Equal((0, 0), journal.Close());
        Assert.Empty(faults.Lines);
    }

    [Fact]
    public void A_message_that_was_never_sent_is_a_fault()
    {
        journal.Seen(7, "3/9");

        Assert.Contains("message 7 was read back at 3/9", Assert.Single(faults.Lines), StringComparison.Ordinal);
    }

    private int Send(int times, bool acknowledged)
    {
        var number = journal.Next();
        for (var i = 0; i < times; i++)
        {
            journal.Sent(number);
        }

        if (acknowledged)
        {
            journal.Acknowledge(number);
        }

        return number;
    }
}
