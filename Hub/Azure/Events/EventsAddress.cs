namespace Muster.Upstream;

/// <summary>Where the upstream's events are.</summary>
/// <param name="Host">Of the Event Hubs-compatible endpoint.</param>
/// <param name="Port">Null for the usual one.</param>
/// <param name="EventHub">Its Event Hubs-compatible name.</param>
/// <param name="Signer">Whose key opens it.</param>
internal sealed record EventsAddress(string Host, int? Port, string EventHub, SasSigner Signer)
{
    /// <summary>What a token is for.</summary>
    public string Audience(string path) => $"sb://{Host}/{EventHub}/{path}";
}
