namespace Muster;

/// <summary>The Event Hubs-compatible endpoint of the hub.</summary>
public static class EventHubsEndpoint
{
    /// <summary>What Event Hubs SDKs call the event hub: <c>EntityPath</c> of connection strings, and the first segment of its addresses.</summary>
    public const string Name = "muster";
}
