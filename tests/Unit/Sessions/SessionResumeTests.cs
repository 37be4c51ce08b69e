using Xunit;

namespace Muster.Sessions;

public sealed class SessionResumeTests
{
    [Theory]
    [InlineData(5, true, 5, SessionEnd.None)]
    [InlineData(6, true, 5, SessionEnd.None)]
    [InlineData(4, true, 5, SessionEnd.ChangeMissed)]
    [InlineData(4, true, 0, SessionEnd.None)]
    [InlineData(0, true, 5, SessionEnd.None)]
    [InlineData(5, false, 5, SessionEnd.Replaced)]
    internal void A_session_ends_that_is_not_current_or_was_not_told_of_a_change(long told, bool current, long desired, SessionEnd why) =>
        Assert.Equal(why, SessionResume.WhyEnd(told, new SessionStanding(current, desired)));
}
