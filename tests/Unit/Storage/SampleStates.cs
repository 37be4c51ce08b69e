using System.Net;
using Muster.Devices;
using Muster.Sessions;
using Muster.Upstream;
using Orleans.Runtime;

namespace Muster.Storage;

internal static class SampleStates
{
    private static readonly DateTimeOffset Start = new(2031, 5, 17, 10, 20, 30, 123, TimeSpan.Zero);

    public static DeviceState Small { get; } = new() { Identity = new IdentityState { GenerationId = 638_000_000_000_000_001, Version = 1 } };

    /// <summary>A row that mirrors a device which is connected to the upstream hub.</summary>
    public static DeviceState Mirrored { get; } = Small with { Upstream = new UpstreamMark { IsConnected = true, AppliedSequence = 12 }.Pack() };

    /// <summary>No field has the value that it has by default.</summary>
    public static DeviceState Full { get; } = new()
    {
        Identity = new IdentityState
        {
            GenerationId = 638_000_000_000_000_002,
            Version = 7,
            Status = DeviceStatus.Disabled,
            StatusReason = "lost, naïvely — ✓",
            StatusUpdatedAt = Start.AddTicks(1),
            AuthenticationType = AuthenticationType.SelfSigned,
            ProtectedKeys = [0, 1, 0, 255],
            PrimaryThumbprint = new string('A', 40),
            SecondaryThumbprint = new string('B', 64),
            IotEdge = true,
            DeviceScope = "ms-azure-iot-edge://d-1",
            ParentScopes = ["ms-azure-iot-edge://p-1", "with \"quotes\""],
            ManagedBy = "IotEdge",
        },
        TwinVersion = 42,
        Tags = """{"site":"Zürich","floor":3}"""u8.ToArray(),
        Desired = new TwinSection { Json = """{"a":1}"""u8.ToArray(), Metadata = [0, 9], Version = 5, UpdatedAt = Start.AddTicks(2) },
        Reported = new TwinSection { Json = """{"b":[1,null,"\u0000"]}"""u8.ToArray(), Metadata = [8], Version = 6, UpdatedAt = Start.AddTicks(3) },
        ModelId = "dtmi:example:Pump;1",
        Session = new SessionState
        {
            Current = new SessionRef(SiloAddress.New(IPEndPoint.Parse("127.0.0.1:11111"), 77), 12, 3),
            Epoch = 4,
            Subscriptions = SessionSubscriptions.Methods | SessionSubscriptions.TwinResponses,
            Persistent = true,
            ChangedAt = Start.AddTicks(4),
        },
        LastActivityAt = Start.AddTicks(5),
        Telemetry = """{"t":21.5}"""u8.ToArray(),
        ObservedOffset = 99,
        NextDeadline = Start.AddTicks(6),
        Messages = [1, 2, 0, 255],
        Feedback = [1, 0],
        Upstream = Mirrored.Upstream,
        Update = """{"rollout":"r"}"""u8.ToArray(),
    };

    /// <summary>What distinguishes the empty from the absent, and zero from a default that is not zero.</summary>
    public static DeviceState Zeros { get; } = new()
    {
        Identity = new IdentityState { ProtectedKeys = [], StatusReason = "", ParentScopes = [], PrimaryThumbprint = "" },
        Tags = "{}"u8.ToArray(),
        Desired = new TwinSection { Json = "{}"u8.ToArray(), Metadata = [], Version = 0, UpdatedAt = DateTimeOffset.MinValue },
        Reported = new TwinSection { Version = 0 },
        ModelId = "",
        ObservedOffset = 0,
        LastActivityAt = DateTimeOffset.MinValue,
    };
}
