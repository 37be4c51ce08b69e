using System.Buffers;
using System.Security.Cryptography;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>Ids of rollouts: short words that stand in paths, logs and on the command line.</summary>
internal static class RolloutIds
{
    internal const int MaxLength = 64;
    internal const string Rule = "must have 1 to 64 lower-case letters, digits and -, the first and last no -, and does not end in -rollback";

    private const int MaxFromName = 40;
    private const int SuffixLength = 5;
    private const string Letters = "abcdefghjkmnpqrstvwxyz0123456789";
    private static readonly SearchValues<char> Allowed = SearchValues.Create("-abcdefghijklmnopqrstuvwxyz0123456789");

    // Those that rollouts make for themselves may be longer and say more.
    private static readonly SearchValues<char> Known = SearchValues.Create("-._~:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    internal static bool IsNew(string id) =>
        id.Length is > 0 and <= MaxLength && !id.AsSpan().ContainsAnyExcept(Allowed) && id[0] != '-' && id[^1] != '-' && !RollbackIds.IsOne(id);

    internal static Refusal NotFound { get; } = new(HubErrorCode.RolloutNotFound, "There is no rollout of that id: an id has letters, digits and - only.");

    /// <summary>False where no rollout can have it.</summary>
    internal static bool MayExist(string? id) => id is { Length: > 0 and <= 128 } && !id.AsSpan().ContainsAnyExcept(Known);

    /// <summary>The name as a word, and a few letters that make it the only one.</summary>
    internal static string Make(string name)
    {
        var words = string.Join('-', new string([.. name.ToLowerInvariant().Select(static c => char.IsAsciiLetterOrDigit(c) ? c : ' ')])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var slug = (words.Length > MaxFromName ? words[..MaxFromName] : words).Trim('-');
        return $"{(slug.Length == 0 ? "rollout" : slug)}-{RandomNumberGenerator.GetString(Letters, SuffixLength)}";
    }
}

/// <summary>Refuses an <c>id</c> in the path that no rollout can have, before a grain is woken for it.</summary>
internal sealed class RolloutIdFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        !context.HttpContext.Request.RouteValues.TryGetValue("id", out var id) || RolloutIds.MayExist(id as string)
            ? next(context)
            : ValueTask.FromResult<object?>(Refuse.With(context.HttpContext, RolloutIds.NotFound));
}
