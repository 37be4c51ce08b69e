namespace Muster.Upstream;

/// <summary>The IoT hub that this cluster stands on, if there is one. Bound from <c>Upstream</c>; checked before the silo starts.</summary>
public sealed class UpstreamOptions
{
    public const string Section = "Upstream";

    /// <summary>
    /// <c>HostName=…;SharedAccessKeyName=…;SharedAccessKey=…</c> of a policy that may read and write the registry and connect as a service; it is a
    /// secret. Default null: there is no upstream hub.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// <c>Endpoint=sb://host[:port]/;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=…</c> of the hub's built-in endpoint; it is a secret. Default null:
    /// the hub itself is asked where that is, and the policy of <see cref="ConnectionString"/> opens it.
    /// </summary>
    public string? EventHubsConnectionString { get; set; }

    /// <summary>The consumer group of the built-in endpoint, which nobody else should use. Default <c>$Default</c>.</summary>
    public string ConsumerGroup { get; set; } = "$Default";

    /// <summary>A PEM file: the hub's certificate is trusted if this authority issued it, and no other. Default null: whom the machine trusts.</summary>
    public string? CaCertificate { get; set; }

    /// <summary>Of the hub's REST service, 1 to 65535. Default 443.</summary>
    public int HttpsPort { get; set; } = 443;

    /// <summary>Of the hub's AMQP over TLS, 1 to 65535; the built-in endpoint's too where its address names none. Default 5671.</summary>
    public int AmqpPort { get; set; } = 5671;

    /// <summary>REST calls a second that the whole cluster makes at most; its silos share them evenly. Default 50; 1 to 100,000.</summary>
    public int RequestsPerSecond { get; set; } = 50;

    /// <summary>How long a call may take, the wait for its turn included; a method's own time-outs come on top. Default 30 s; 1 s to 10 minutes.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often every twin is compared with the hub's, whatever events said. Default 1 hour; 1 s to 1 day.</summary>
    public TimeSpan ReconcileEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Events that are taken from a partition at once, 1 to 10,000; twice as many are read ahead. Default 1000.</summary>
    public int BatchEvents { get; set; } = 1000;
}
