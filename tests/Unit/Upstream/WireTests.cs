using System.Net;
using System.Net.Sockets;
using Amqp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Muster.Amqp;
using Muster.Errors;
using Xunit;

namespace Muster.Upstream;

public sealed class WireTests
{
    private static readonly HubConnectionString Where = new(AmqpHub.Host, "service", AmqpHub.PolicyKey);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_never_says_a_word_is_a_fault_and_is_let_go()
    {
        using var listener = new TcpListener(IPAddress.Parse(HubStub.Host), 0);
        listener.Start();
        var clock = new FakeTimeProvider();
        var dialer = Dialer(new Address($"amqp://{listener.LocalEndpoint}"), clock);
        var dialled = dialer.DialAsync(AmqpHub.Host, null, null, Cancel);
        using var accepted = await listener.AcceptTcpClientAsync(Cancel);
        clock.Advance(dialer.Patience);
        await Assert.ThrowsAsync<UpstreamFaultException>(() => dialled.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        await EndAsync(accepted.GetStream());
    }

    [Fact]
    public async Task Nobody_there_is_a_fault()
    {
        using var listener = new TcpListener(IPAddress.Parse(HubStub.Host), 0);
        listener.Start();
        var address = new Address($"amqp://{listener.LocalEndpoint}");
        listener.Stop();
        await Assert.ThrowsAsync<UpstreamFaultException>(() => Dialer(address, TimeProvider.System).DialAsync(AmqpHub.Host, null, null, Cancel));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_not_trusted()
    {
        await using var hub = await AmqpHub.StartAsync();
        await using var stub = await HubStub.StartAsync();
        var dialer = Dialer(new Address($"amqps://{hub.Tls}"), TimeProvider.System, stub.CaFile);
        await Assert.ThrowsAsync<UpstreamFaultException>(() => dialer.DialAsync(AmqpHub.Host, null, null, Cancel));
    }

    [Fact]
    public async Task A_token_that_the_hub_does_not_take_is_a_fault()
    {
        await using var hub = await AmqpHub.StartAsync();
        var (dialer, wrong) = (Dialer(hub.Address, TimeProvider.System), Where with { Key = Convert.ToBase64String(new byte[32]) });
        await using var connection = await OpenAsync(dialer, SasSigner.Of(wrong, TimeProvider.System));
        var fault = await Assert.ThrowsAsync<UpstreamFaultException>(() => connection.AuthorizeAsync(AmqpHub.Host, Cancel));
        Assert.DoesNotContain("sig=", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_are_renewed_in_time()
    {
        await using var hub = await AmqpHub.StartAsync();
        var (clock, signing) = (new FakeTimeProvider(TimeProvider.System.GetUtcNow()), new SetClock());
        await using var connection = await OpenAsync(Dialer(hub.Address, clock), SasSigner.Of(Where, signing));
        await connection.AuthorizeAsync(AmqpHub.Host, Cancel);
        clock.Advance(SasSigner.RenewAfter);
        await HoldsAsync(() => signing.Asked == 2);
        await connection.AuthorizeAsync(AmqpHub.Host + "/messages", Cancel);
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task A_connection_ends_whose_token_the_hub_does_not_renew()
    {
        await using var hub = await AmqpHub.StartAsync();
        var (clock, signing) = (new FakeTimeProvider(TimeProvider.System.GetUtcNow()), new SetClock());
        await using var connection = await OpenAsync(Dialer(hub.Address, clock), SasSigner.Of(Where, signing));
        await connection.AuthorizeAsync(AmqpHub.Host, Cancel);
        signing.Back = TimeSpan.FromHours(5);
        clock.Advance(SasSigner.RenewAfter);
        await HoldsAsync(() => !connection.IsOpen);
    }

    private static async Task HoldsAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private static async Task<WireConnection> OpenAsync(WireDialer dialer, SasSigner signer) =>
        await WireConnection.OpenAsync(await dialer.DialAsync(AmqpHub.Host, null, null, Cancel), signer, dialer, NullLogger.Instance, Cancel);

    private static WireDialer Dialer(Address address, TimeProvider clock, string? caFile = null)
    {
        var options = Options.Create(new UpstreamOptions { CaCertificate = caFile });
        return new WireDialer(new UpstreamTrust(options), options, clock) { AddressOf = (_, _) => address };
    }

    // Its end: the AMQP header may still come before it.
    private static async Task EndAsync(NetworkStream stream)
    {
        var buffer = new byte[256];
        try
        {
            while (await stream.ReadAsync(buffer, Cancel) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset is an end too.
        }
    }

    private sealed class SetClock : TimeProvider
    {
        private int asked;

        public TimeSpan Back { get; set; }

        public int Asked => Volatile.Read(ref asked);

        public override DateTimeOffset GetUtcNow()
        {
            Interlocked.Increment(ref asked);
            return System.GetUtcNow() - Back;
        }
    }
}
