using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Muster.Storage.Azure;
using Npgsql;

namespace Muster.Hosting;

/// <summary>What several silos need to be one hub.</summary>
internal sealed partial class SettingsReader
{
    private const int MaxName = 100;
    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan MaxDrain = TimeSpan.FromMinutes(10);

    private string? ConnectionString()
    {
        if (string.IsNullOrWhiteSpace(configuration[SettingKeys.ConnectionString]))
        {
            return null;
        }

        try
        {
            return new NpgsqlConnectionStringBuilder(configuration[SettingKeys.ConnectionString]).ConnectionString;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // Not the text itself: a password is in it.
            errors.Add($"{SettingKeys.ConnectionString} is no connection string of PostgreSQL, such as Host=…;Database=…;Username=…;Password=…");
            return null;
        }
    }

    private AzureDocumentSettings? Documents(string clusterId)
    {
        if (string.IsNullOrWhiteSpace(configuration[SettingKeys.DocumentsConnectionString]))
        {
            return null;
        }

        var account = configuration[SettingKeys.DocumentsConnectionString]!;
        var container = configuration[SettingKeys.DocumentsContainer] ?? $"{clusterId.ToLowerInvariant().Replace('.', '-').Replace('_', '-')}-documents";
        if (!AzureDocumentSettings.IsConnectionString(account))
        {
            // Not the text itself: a key is in it.
            errors.Add($"{SettingKeys.DocumentsConnectionString} is no connection string of Azure Storage, such as AccountName=…;AccountKey=…");
        }

        if (!AzureDocumentSettings.IsContainer(container))
        {
            errors.Add($"{SettingKeys.DocumentsContainer} is '{container}': 3 to 63 lower-case letters, digits, and single hyphens between them");
        }

        return new AzureDocumentSettings(account, container);
    }

    private string SiloName(bool isCluster) => Word(SettingKeys.SiloName, isCluster ? Environment.MachineName : "silo-1");

    private string ClusterId() => Word(SettingKeys.ClusterId, ClusterNames.ClusterId);

    private string Word(string key, string fallback)
    {
        if (configuration[key] is not { } text)
        {
            return fallback;
        }

        if (text.Length is > 0 and <= MaxName && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            return text;
        }

        errors.Add($"{key} is '{text}': a name is 1 to {MaxName} letters, digits, '-', '.' and '_'");
        return fallback;
    }

    private IPAddress AdvertisedAddress(IPAddress bind, bool isCluster)
    {
        if (Address(SettingKeys.AdvertisedAddress) is { } given)
        {
            return given;
        }

        if (!bind.Equals(IPAddress.Any) && !bind.Equals(IPAddress.IPv6Any))
        {
            return bind;
        }

        var loopback = bind.Equals(IPAddress.Any) ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        return isCluster ? FirstOfMachine(bind.AddressFamily) ?? loopback : loopback;
    }

    // In a container, which is told to bind everything, this is the one address that it has.
    private static IPAddress? FirstOfMachine(AddressFamily family) => NetworkInterface.GetAllNetworkInterfaces()
        .Where(device => device is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
        .SelectMany(device => device.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily == family && !address.IsIPv6LinkLocal);

    private bool Flag(string key, bool fallback)
    {
        if (configuration[key] is not { } text)
        {
            return fallback;
        }

        if (bool.TryParse(text, out var flag))
        {
            return flag;
        }

        errors.Add($"{key} is '{text}': true or false");
        return fallback;
    }

    private TimeSpan Duration(string key, TimeSpan fallback, TimeSpan max)
    {
        if (configuration[key] is not { } text)
        {
            return fallback;
        }

        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.Zero && time <= max)
        {
            return time;
        }

        errors.Add($"{key} is '{text}': a time from 00:00:00 to {max}, such as 00:00:20");
        return fallback;
    }
}
