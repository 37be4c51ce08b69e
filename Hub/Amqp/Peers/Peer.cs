using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Security.Principal;
using Amqp;
using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>One connection's client. The library carries it as the connection's principal.</summary>
internal sealed class Peer : IPeer, IPrincipal, IDisposable
{
    private readonly Wire wire;
    private readonly PeerServices services;
    private readonly UnprovedLimit.Place place;
    private readonly ConcurrentDictionary<object, object> shared = new();
    private readonly ConcurrentDictionary<EngineLink, LinkClaim> links = new();
    private readonly CancellationTokenSource ended = new();
    private readonly TokenWatch watch;
    private readonly Lock gate = new();
    private Connection? connection;
    private bool isOver;
    private LinkError? closing;
    private int proved;

    public Peer(Wire wire, SaslMechanism mechanism, TokenBook tokens, PeerServices services, UnprovedLimit.Place place)
    {
        (this.wire, this.services, this.place, Mechanism, Tokens) = (wire, services, place, mechanism, tokens);
        ConnectionId = services.NextConnectionId();
        Ended = ended.Token;
        watch = new TokenWatch(this, services);
        Transport = new PipeTransport(wire, this, services.MaxInFlightBytes, services.Clock);
    }

    public long ConnectionId { get; }

    public SaslMechanism Mechanism { get; }

    public X509Certificate2? ClientCertificate => wire.ClientCertificate;

    public string? HostName { get; private set; }

    public CancellationToken Ended { get; }

    public TokenBook Tokens { get; }

    public PipeTransport Transport { get; }

    /// <summary>Whether the client has shown who it is.</summary>
    public bool IsProved => Volatile.Read(ref proved) == 1;

    public IIdentity? Identity { get; } = new ClaimsIdentity();

    public bool IsInRole(string role) => false;

    public async ValueTask<LinkGrant?> AuthorizeAsync(LinkClaim claim, bool isFresh = false)
    {
        LinkGrant? grant = claim switch
        {
            LinkClaim.Nothing => LinkGrant.Anyone.Instance,
            LinkClaim.Policy policy => Tokens.Find(policy) is { } found ? new LinkGrant.Policy(found) : null,
            LinkClaim.Device { Key: var key } => await services.Check.FindDeviceAsync(this, key, isFresh) is { } access
                ? new LinkGrant.Device(key, access)
                : null,
            _ => throw new NotSupportedException($"Unknown claim {claim}."),
        };
        if (grant is not null and not LinkGrant.Anyone)
        {
            Proved();
        }

        return grant;
    }

    public T Share<T>(object key, Func<T> make)
        where T : class
    {
        if (shared.Count >= AmqpLimits.MaxShared && !shared.ContainsKey(key))
        {
            Close(new LinkError(LinkConditions.ResourceLimitExceeded, "Too many links have come and gone."));
            return make();
        }

        return (T)shared.GetOrAdd(key, static (_, make) => make(), make);
    }

    /// <summary>The client has shown who it is: it may stay.</summary>
    public void Proved()
    {
        if (Interlocked.Exchange(ref proved, 1) == 0)
        {
            place.Release();

            // Before Open the wire's time is the one for Open.
            if (Volatile.Read(ref connection) is not null)
            {
                services.Wheel.Cancel(wire);
            }
        }
    }

    /// <summary>A token came. Links that rest on one that it took the place of are looked at when it ends, or at once where it is another's.</summary>
    public void TokensChanged()
    {
        watch.Reschedule();
        if (Tokens.TakeReplaced())
        {
            watch.Look();
        }
    }

    /// <summary>The Open arrived.</summary>
    public void Opened(Connection opened, string? hostName)
    {
        HostName = string.IsNullOrEmpty(hostName) ? null : hostName;
        Volatile.Write(ref connection, opened);
        if (!IsProved)
        {
            EndIn(services.ProofTime);
        }
        else
        {
            services.Wheel.Cancel(wire);
        }

        if (Volatile.Read(ref closing) is { } error)
        {
            CloseConnection(opened, error);
        }
    }

    /// <summary>False: the connection has as many links as it may have.</summary>
    public bool TryAddLink(EngineLink link, LinkClaim claim)
    {
        if (links.Count >= (IsProved ? AmqpLimits.MaxLinks : AmqpLimits.MaxUnprovedLinks))
        {
            return false;
        }

        links[link] = claim;
        return true;
    }

    public void RemoveLink(EngineLink link) => links.TryRemove(link, out _);

    /// <summary>Detaches the links whose claim does not hold any more.</summary>
    public async Task DropUnprovedLinksAsync()
    {
        foreach (var (link, claim) in links)
        {
            if (await AuthorizeAsync(claim) is null)
            {
                link.Detach(LinkError.Unauthorized("The token has expired."));
            }
        }

        if (Tokens.NextEnd is null && ClientCertificate is null && Interlocked.Exchange(ref proved, 0) == 1)
        {
            EndIn(services.ProofTime);
        }
    }

    public void Close(LinkError error)
    {
        if (Interlocked.CompareExchange(ref closing, error, null) is not null)
        {
            return;
        }

        if (Volatile.Read(ref connection) is { } open)
        {
            CloseConnection(open, error);
        }
        else
        {
            wire.Abort();
        }
    }

    /// <summary>The connection is over.</summary>
    public void Dispose()
    {
        watch.Stop();
        place.Release();
        Transport.Close();
        EndIn(AmqpLimits.CloseTime);
        lock (gate)
        {
            isOver = true;
        }

        foreach (var link in links.Keys)
        {
            link.GiveUp();
        }

        ended.Cancel();
        ended.Dispose();
    }

    private void EndIn(TimeSpan time)
    {
        lock (gate)
        {
            if (!isOver)
            {
                services.Wheel.Schedule(wire, time);
            }
        }
    }

    private void CloseConnection(Connection open, LinkError error)
    {
        EndIn(AmqpLimits.CloseTime);

        // Its lock may be held by a thread that calls us.
        ThreadPool.UnsafeQueueUserWorkItem(
            static close =>
            {
                try
                {
                    close.Open.Close(TimeSpan.Zero, close.Error.ToAmqp());
                }
                catch (Exception e) when (EngineErrors.MeansClosed(e))
                {
                    // It is closing already.
                }
            },
            (Open: open, Error: error), preferLocal: false);
    }
}
