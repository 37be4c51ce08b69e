using Microsoft.Extensions.Time.Testing;
using Muster.Errors;
using Muster.Json;
using Muster.Methods;
using Xunit;

namespace Muster.Sessions;

public sealed class PendingMethodsTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly TimerWheel wheel;
    private readonly PendingMethods pending;

    public PendingMethodsTests()
    {
        wheel = new TimerWheel(clock);
        pending = new PendingMethods(wheel, maxPending: 2);
    }

    [Fact]
    public async Task Each_answer_finds_its_call_and_a_second_one_is_ignored()
    {
        var (first, second) = (pending.Begin(TimeSpan.FromSeconds(5))!, pending.Begin(TimeSpan.FromSeconds(5))!);
        pending.Answer(second.RequestId, 2, JsonUtf8.Null);
        pending.Answer(first.RequestId, 1, JsonUtf8.Null);
        pending.Answer(first.RequestId, 9, JsonUtf8.Null);
        Assert.Equal(1, Assert.IsType<MethodReply.Answered>(await first.Answer).Status);
        Assert.Equal(2, Assert.IsType<MethodReply.Answered>(await second.Answer).Status);
    }

    [Fact]
    public void More_calls_than_allowed_are_not_taken_and_room_comes_back()
    {
        var first = pending.Begin(TimeSpan.FromSeconds(5))!;
        Assert.NotNull(pending.Begin(TimeSpan.FromSeconds(5)));
        Assert.Null(pending.Begin(TimeSpan.FromSeconds(5)));
        pending.Forget(first);
        Assert.NotNull(pending.Begin(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_device_that_stays_silent_is_a_time_out()
    {
        var call = pending.Begin(TimeSpan.FromSeconds(5))!;
        clock.Advance(TimeSpan.FromSeconds(4.9));
        wheel.Advance();
        Assert.False(call.Answer.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        wheel.Advance();
        Assert.Equal(HubErrorCode.GatewayTimeout, Assert.IsType<MethodReply.Refused>(await call.Answer).Why.Code);
    }

    [Fact]
    public async Task The_end_of_the_session_ends_its_calls()
    {
        var call = pending.Begin(TimeSpan.FromSeconds(5))!;
        pending.Close();
        Assert.Equal(HubErrorCode.GatewayTimeout, Assert.IsType<MethodReply.Refused>(await call.Answer).Why.Code);
        Assert.Null(pending.Begin(TimeSpan.FromSeconds(5)));
    }
}
