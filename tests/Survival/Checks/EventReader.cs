using System.Text.Json;

namespace Muster.Survival;

/// <summary>Reads the event log on from where it ended before, page by page.</summary>
internal sealed class EventReader(HubApi api, FleetLoad fleet)
{
    private const int Partitions = 32;
    private const int Page = 1000;
    private readonly long[] next = new long[Partitions];

    /// <summary>Begins behind what is there.</summary>
    internal Task<string?> SkipAsync(CancellationToken cancellationToken) => WithEndsAsync((partition, end) => next[partition] = end, cancellationToken);

    /// <summary>Shows every new event to its device's journal; null when all partitions were read to their end.</summary>
    internal async Task<string?> ReadOnAsync(CancellationToken cancellationToken)
    {
        var ends = new long[Partitions];
        if (await WithEndsAsync((partition, end) => ends[partition] = end, cancellationToken) is { } why)
        {
            return why;
        }

        for (var partition = 0; partition < Partitions; partition++)
        {
            while (next[partition] < ends[partition])
            {
                var answer = await api.GetAsync($"/api/v1/events?partition={partition}&from={next[partition]}&max={Page}", cancellationToken);
                if (!answer.IsOk)
                {
                    return $"partition {partition} was answered {answer}";
                }

                if (!Take(partition, answer.Text))
                {
                    // The log ends earlier than was said, or all of it was dropped; what is missing, the devices' journals say.
                    break;
                }
            }
        }

        return null;
    }

    private bool Take(int partition, string lines)
    {
        var any = false;
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var one = JsonElement.Parse(line);
            var offset = one.GetProperty("offset").GetInt64();
            if (offset < next[partition])
            {
                fleet.Context.Faults.Add($"partition {partition}: offset {offset} came after {next[partition] - 1}");
            }

            next[partition] = offset + 1;
            any = true;
            Show(one, $"{partition}/{offset}");
        }

        return any;
    }

    private void Show(JsonElement one, string where)
    {
        if (DeviceIdentity.NumberOf(one.GetProperty("deviceId").GetString()) is not { } number || number >= fleet.Devices.Count ||
            !one.GetProperty("systemProperties").TryGetProperty("message-id", out var messageId))
        {
            return;
        }

        var device = fleet.Devices[number];
        var id = messageId.GetString()!.Split('.');
        if (id[0] != device.Who.Id)
        {
            fleet.Context.Faults.Add($"{where}: a message of {id[0]} is stored as one of {device.Who.Id}");
            return;
        }

        device.Telemetry.Seen(int.Parse(id[1], System.Globalization.CultureInfo.InvariantCulture), where);
    }

    private async Task<string?> WithEndsAsync(Action<int, long> take, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync("/api/v1/events/partitions", cancellationToken);
        if (!answer.IsOk)
        {
            return $"the partitions were answered {answer}";
        }

        foreach (var partition in answer.Json.EnumerateArray())
        {
            take(partition.GetProperty("partition").GetInt32(), partition.GetProperty("nextOffset").GetInt64());
        }

        return null;
    }
}
