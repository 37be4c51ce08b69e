using Muster.Telemetry;

namespace Muster.Log;

public sealed class SegmentLogLawTests : EventLogLaws
{
    protected override Task<EventLogUnderTest> OpenAsync() => Task.FromResult<EventLogUnderTest>(new SegmentLogUnderTest());
}

internal sealed class SegmentLogUnderTest : EventLogUnderTest
{
    private readonly LogFixture log;

    public SegmentLogUnderTest()
    {
        log = new LogFixture(Clock);
        log.Open();
    }

    public override IEventLog Log => log.Log;

    public override Task ReopenAsync(TimeProvider? clock = null) => log.ReopenAsync(clock);

    public override Task TrimAsync()
    {
        Clock.Advance(TimeSpan.FromMinutes(1));
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => log.DisposeAsync();
}
