using System.Text.Json;

namespace Muster.Survival;

/// <summary>Makes the devices known to the hub, and learns what stands of those that were known before.</summary>
internal sealed class Registration(HubApi api, IReadOnlyList<FleetDevice> devices)
{
    private const int ItemsAtOnce = 100;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var some in devices.Chunk(ItemsAtOnce))
        {
            await Patience.UntilAsync("the registration", Limit, () => RegisterAsync(some, cancellationToken), cancellationToken);
        }

        await Patience.UntilAsync("the twins at the start", Limit, () => ReadAsync(cancellationToken), cancellationToken);
    }

    private async Task<string?> RegisterAsync(FleetDevice[] some, CancellationToken cancellationToken)
    {
        var items = some.Select(device => new
        {
            id = device.Who.Id,
            importMode = "createOrUpdate",
            authentication = new { type = "sas", symmetricKey = new { primaryKey = device.Who.Key, secondaryKey = device.Who.Key } },
        });
        var answer = await api.PostAsync($"/devices?{HubApi.Version}", items, cancellationToken);
        return answer.IsOk && answer.Json.GetProperty("isSuccessful").GetBoolean() ? null : answer.ToString();
    }

    private async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        var (twins, why) = await api.QueryAllAsync("SELECT * FROM devices", cancellationToken);
        if (twins is null)
        {
            return why;
        }

        var found = 0;
        foreach (var twin in twins.Select(TwinView.Read))
        {
            if (DeviceIdentity.NumberOf(twin.DeviceId) is { } number && number < devices.Count)
            {
                devices[number].Reported.Start(twin.Reported.Counter, twin.Reported.Version);
                devices[number].Desired.Start(twin.Desired.Counter, twin.Desired.Version);
                found++;
            }
        }

        return found == devices.Count ? null : $"{found} of {devices.Count} twins were found";
    }
}

/// <summary>What is compared of a twin.</summary>
internal sealed record TwinView(string DeviceId, string ConnectionState, (int Counter, long Version) Reported, (int Counter, long Version) Desired)
{
    internal static TwinView Read(JsonElement twin)
    {
        var properties = twin.GetProperty("properties");
        return new TwinView(
            twin.GetProperty("deviceId").GetString()!, twin.GetProperty("connectionState").GetString()!,
            Section(properties.GetProperty("reported")), Section(properties.GetProperty("desired")));
    }

    private static (int Counter, long Version) Section(JsonElement section) =>
        (section.TryGetProperty("counter", out var counter) ? counter.GetInt32() : 0, section.GetProperty("$version").GetInt64());
}
