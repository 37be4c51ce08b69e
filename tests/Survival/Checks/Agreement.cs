using System.Text.Json;

namespace Muster.Survival;

/// <summary>Whether all silos answer, and name the same version of the membership and the same living members.</summary>
internal sealed class Agreement(Testbed testbed) : IDisposable
{
    private readonly List<(string Name, HubApi Api)> silos =
        [.. testbed.Silos.Select(silo => (silo.Name, new HubApi(testbed.Hub, TimeSpan.FromSeconds(5), silo.Https)))];

    /// <summary>Each silo by itself, past the balancer.</summary>
    internal IReadOnlyList<(string Name, HubApi Api)> Silos => silos;

    /// <summary>What is missing; null if they agree.</summary>
    internal async Task<string?> MissingAsync(CancellationToken cancellationToken)
    {
        var views = await Task.WhenAll(silos.Select(async silo => (silo.Name, View: await ViewOf(silo, cancellationToken))));
        var unlike = views.Select(view => view.View).Distinct().ToList();
        var all = string.Join(' ', silos.Select(silo => silo.Name).Order(StringComparer.Ordinal));
        return unlike.Count == 1 && unlike[0].EndsWith($": {all}", StringComparison.Ordinal) ? null
            : string.Join(", ", views.Select(view => $"{view.Name} says [{view.View}]"));
    }

    public void Dispose() => silos.ForEach(silo => silo.Api.Dispose());

    private static async Task<string> ViewOf((string Name, HubApi Api) silo, CancellationToken cancellationToken)
    {
        var answer = await silo.Api.GetAsync("/api/v1/cluster", cancellationToken);
        if (!answer.IsOk)
        {
            return answer.ToString();
        }

        var view = answer.Json;
        return view.GetProperty("answeredBy").GetString() != silo.Name
            ? $"answered by {view.GetProperty("answeredBy")}"
            : $"version {view.GetProperty("version")}: {string.Join(' ', Active(view))}";
    }

    private static IEnumerable<string> Active(JsonElement view) => view.GetProperty("silos").EnumerateArray()
        .Where(silo => string.Equals(silo.GetProperty("status").GetString(), "active", StringComparison.OrdinalIgnoreCase))
        .Select(silo => silo.GetProperty("name").GetString()!)
        .Order(StringComparer.Ordinal);
}
