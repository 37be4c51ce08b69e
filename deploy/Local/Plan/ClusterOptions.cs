using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Muster.Local;

/// <summary>What <c>./cluster up</c> was asked for.</summary>
internal sealed record ClusterOptions
{
    /// <summary>Absolute. Default: <c>data</c> in the current folder.</summary>
    internal required string Folder { get; init; }

    /// <summary>The balancer's address. Default 127.0.0.1.</summary>
    internal required IPAddress Bind { get; init; }

    /// <summary>Default 3.</summary>
    internal required int Silos { get; init; }

    /// <summary>Default 2; 0 for none.</summary>
    internal required int Gateways { get; init; }

    /// <summary>Simulated devices to connect; default 0.</summary>
    internal required int Devices { get; init; }

    /// <summary>Further arguments of the simulator.</summary>
    internal IReadOnlyList<string> SimulatorOptions { get; init; } = [];

    /// <summary>Whether a node that ended by itself, or was killed, is started again after 5 s.</summary>
    internal required bool Restarts { get; init; }

    /// <summary>Further settings of silos and gateways, <c>Section:Key=value</c>.</summary>
    internal required ImmutableArray<string> Settings { get; init; }

    /// <summary>Where update agents come without TLS, as <see cref="Settings"/> tell the silos; null if they tell of no port.</summary>
    internal int? HttpPort => Settings.Select(static setting => setting.Split('=', 2, StringSplitOptions.TrimEntries))
        .LastOrDefault(static pair => pair[0].Equals("Hub:HttpPort", StringComparison.OrdinalIgnoreCase)) is [_, var text]
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= IPEndPoint.MaxPort ? port : null;
}
