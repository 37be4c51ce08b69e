using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Muster.Hosting;

/// <summary>Reads and checks the host's settings; gathers every error instead of stopping at the first.</summary>
internal sealed partial class SettingsReader(IConfiguration configuration)
{
    private const int MaxDevices = 100_000;
    private readonly List<string> errors = [];

    /// <summary>One line per error; empty if the settings hold.</summary>
    internal IReadOnlyList<string> Errors => errors;

    /// <summary>What is wrong is replaced by its default, so that whoever reads on finds the errors of other sections too.</summary>
    internal SiloSettings Read()
    {
        var bind = Address(SettingKeys.Bind) ?? IPAddress.Loopback;
        var folder = Folder(SettingKeys.DataFolder) ?? Path.GetFullPath("data");
        var connectionString = ConnectionString();
        var clusterId = ClusterId();
        var settings = new SiloSettings
        {
            Bind = bind,
            HostName = HostName(SettingKeys.HostName, bind.Equals(IPAddress.Loopback) ? "localhost" : bind.ToString()),
            HostNames = HostNames(),
            DataFolder = folder,
            Roles = Roles(),
            HttpsPort = Port(SettingKeys.HttpsPort),
            MqttPort = Port(SettingKeys.MqttPort) ?? 8883,
            AmqpPort = Port(SettingKeys.AmqpPort) ?? 5671,
            AmqpPlainPort = Port(SettingKeys.AmqpPlainPort),
            HttpPort = Port(SettingKeys.HttpPort),
            SiloPort = Port(SettingKeys.SiloPort) ?? 11111,
            GatewayPort = Port(SettingKeys.GatewayPort) ?? 30000,
            SiloName = SiloName(connectionString is not null),
            ConnectionString = connectionString,
            ClusterId = clusterId,
            Documents = Documents(clusterId),
            AdvertisedAddress = AdvertisedAddress(bind, connectionString is not null),
            Tls = Flag(SettingKeys.Tls, connectionString is not null),
            SecurityFolder = Folder(SettingKeys.SecurityFolder) ?? folder,
            DrainTime = Duration(SettingKeys.DrainTime, connectionString is null ? TimeSpan.Zero : DefaultDrain, MaxDrain),
            Devices = Number(SettingKeys.Devices, 100, MaxDevices),
            SimulatorOptions = [.. (configuration[SettingKeys.SimulatorOptions] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        };
        CheckDistinct(settings);
        return settings;
    }

    private IPAddress? Address(string key)
    {
        if (configuration[key] is not { } text)
        {
            return null;
        }

        // IPAddress.Parse also takes "1" and "0x7f000001"; an operator who types those has mistyped.
        if (IPAddress.TryParse(text, out var address) && (text.Contains('.', StringComparison.Ordinal) || text.Contains(':', StringComparison.Ordinal)))
        {
            return address;
        }

        errors.Add($"{key} is '{text}': not an IP address");
        return null;
    }

    private string HostName(string key, string fallback) => configuration[key] is { } text ? CheckedName(key, text) : fallback;

    private string CheckedName(string key, string name)
    {
        if (name.Length > 253 || Uri.CheckHostName(name) is UriHostNameType.Unknown or UriHostNameType.Basic)
        {
            errors.Add($"{key} is '{name}': not a host name");
        }

        return name;
    }

    private ImmutableArray<string> HostNames()
    {
        var listed = configuration.GetSection(SettingKeys.HostNames).GetChildren().Select(child => child.Value ?? "");
        var names = configuration[SettingKeys.HostNames] is { } text ? text.Split(',', StringSplitOptions.TrimEntries) : [.. listed];
        return [.. names.Where(name => name.Length > 0).Select(name => CheckedName(SettingKeys.HostNames, name))];
    }

    private string? Folder(string key)
    {
        var folder = configuration[key];
        if (folder is not null && (folder.Contains('\0', StringComparison.Ordinal) || folder.Trim().Length == 0))
        {
            errors.Add($"{key} is not a path");
            folder = null;
        }

        return folder is null ? null : Path.GetFullPath(folder);
    }

    private SiloRoles Roles()
    {
        var roles = SiloRoles.None;
        foreach (var word in (configuration[SettingKeys.Roles] ?? "hub,gateway").Split(',', StringSplitOptions.TrimEntries))
        {
            var role = word.ToUpperInvariant() switch { "HUB" => SiloRoles.Hub, "GATEWAY" => SiloRoles.Gateway, _ => SiloRoles.None };
            if (role == SiloRoles.None)
            {
                errors.Add($"{SettingKeys.Roles} has '{word}': the roles are hub and gateway");
            }

            roles |= role;
        }

        return roles;
    }

    private int? Port(string key)
    {
        if (configuration[key] is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535)
        {
            return port;
        }

        errors.Add($"{key} is '{text}': a port is 1 to 65535");
        return null;
    }

    private int Number(string key, int fallback, int max)
    {
        if (configuration[key] is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max)
        {
            return number;
        }

        errors.Add($"{key} is '{text}': a number from 0 to {max.ToString(CultureInfo.InvariantCulture)}");
        return fallback;
    }

    private void CheckDistinct(SiloSettings settings)
    {
        (string Key, int? Port)[] ports =
        [
            (SettingKeys.HttpsPort, settings.HttpsPort), (SettingKeys.MqttPort, settings.MqttPort), (SettingKeys.AmqpPort, settings.AmqpPort),
            (SettingKeys.AmqpPlainPort, settings.AmqpPlainPort),
            (SettingKeys.HttpPort, settings.HttpPort), (SettingKeys.SiloPort, settings.SiloPort), (SettingKeys.GatewayPort, settings.GatewayPort),
        ];
        foreach (var same in ports.Where(port => port.Port is not null).GroupBy(port => port.Port).Where(group => group.Count() > 1))
        {
            errors.Add($"{string.Join(" and ", same.Select(port => port.Key))} are both {same.Key}: every port needs its own");
        }
    }
}
