namespace Muster.Mqtt;

/// <summary>The MQTT user name of IoT Hub's clients: <c>{hub}/{client id}[/?query]</c>. A module's client id is <c>device/module</c>.</summary>
/// <param name="Host">The hub's name as the client knows it, with a port if the user wrote one.</param>
/// <param name="ApiVersion">Any; null if none was given.</param>
/// <param name="ModelId">Plug and Play model id, decoded; null if none was announced.</param>
internal sealed record UserName(string Host, string? ApiVersion, string? ModelId)
{
    private const int MaxModelIdLength = 512;

    /// <summary>Null if the text does not follow the grammar, or speaks of another client than <paramref name="clientId"/>.</summary>
    public static UserName? Parse(string text, string clientId)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || clientId.Length == 0)
        {
            return null;
        }

        var host = text[..slash];
        var rest = text[(slash + 1)..];
        return SplitClient(rest, clientId) is { } query ? WithQuery(host, query) : null;
    }

    // What stands behind the client id, or null. Ids may hold '?' and '%', so the id itself decides where it ends.
    private static string? SplitClient(string rest, string clientId)
    {
        if (rest.StartsWith(clientId, StringComparison.Ordinal) && IsEnd(rest, clientId.Length))
        {
            return rest[clientId.Length..];
        }

        var encoded = Uri.EscapeDataString(clientId).Replace("%2F", "/", StringComparison.Ordinal);
        return rest.StartsWith(encoded, StringComparison.OrdinalIgnoreCase) && IsEnd(rest, encoded.Length) &&
               PercentCoding.Decode(rest[..encoded.Length]) == clientId
            ? rest[encoded.Length..]
            : null;
    }

    private static bool IsEnd(string text, int at) => at == text.Length || text[at] == '/';

    private static UserName? WithQuery(string host, string tail)
    {
        var query = tail.StartsWith("/?", StringComparison.Ordinal) ? tail[2..] : tail.TrimStart('/');
        string? version = null, model = null;
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? pair : pair[..equals];
            if (key.AsSpan().ContainsAny('/', '?') || equals < 0)
            {
                return null;
            }

            switch (key)
            {
                case "api-version":
                    version = pair[(equals + 1)..];
                    break;
                case "model-id":
                    model = PercentCoding.Decode(pair[(equals + 1)..]);
                    break;
            }
        }

        return new UserName(host, version, model is { Length: > 0 and <= MaxModelIdLength } ? model : null);
    }
}
