using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Muster.Amqp;
using Muster.CloudToDevice;
using Muster.Methods;
using Muster.Twins;
using Xunit;

namespace Muster.Sessions;

public sealed class DrainTests
{
    [Fact]
    public async Task The_port_is_shut_before_the_first_session_is_closed()
    {
        var cancel = TestContext.Current.CancellationToken;
        var listeners = new DeviceListeners(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var asked = new IPEndPoint(IPAddress.Loopback, 0);
        listeners.Add(asked);
        await using var listener = await listeners.BindAsync(asked, cancel);
        var (state, table) = (new HubState(), new SessionTable());
        state.Open();
        var session = new Witness(table, () => (state.IsReady, TryDial(listener.EndPoint)));
        table.Add(session);

        var lifetime = new HubLifetime(
            state, table, new Connections(), listeners, Options.Create(new HubOptions()), TimeProvider.System, NullLogger<HubLifetime>.Instance);
        await lifetime.StoppingAsync(cancel);

        Assert.Equal((false, SocketError.ConnectionRefused), session.SeenAtClose);
        Assert.Null(await listener.AcceptAsync(cancel));
    }

    [Theory]
    [InlineData(100_000, 20)]
    [InlineData(8_000, 20)]
    [InlineData(3, 20)]
    public void The_steps_fit_into_the_drain_time(int sessions, int seconds)
    {
        var step = HubLifetime.StepFor(sessions, TimeSpan.FromSeconds(seconds));
        Assert.True(sessions / step * 0.02 <= seconds, $"{step} at a time");
    }

    private static SocketError TryDial(EndPoint endpoint)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(endpoint);
            return SocketError.Success;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    }

    /// <summary>Looks around at the moment when it is closed.</summary>
    private sealed class Witness(SessionTable table, Func<(bool Ready, SocketError Dialled)> look) : ISession
    {
        internal (bool Ready, SocketError Dialled) SeenAtClose { get; private set; }

        public long ConnectionId => 1;

        public long Epoch => 1;

        public string GrainKey => "witness";

        public SessionRef? Reference => null;

        public long DesiredVersion => 0;

        public Task WhenAttached => Task.CompletedTask;

        public Task<MethodReply?> InvokeMethodAsync(MethodCall call) => Task.FromResult<MethodReply?>(null);

        public SessionDelivery PushDesired(DesiredChange change) => SessionDelivery.Gone;

        public MessagesTaken PushMessages(ImmutableArray<LockedMessage> messages) => new(SessionDelivery.Gone, 0);

        public void Close(SessionEnd why)
        {
            SeenAtClose = look();
            table.BeginEnd(this);
            table.Ended();
        }
    }
}
