using System.Collections.Immutable;

namespace Muster.Gateway;

/// <summary>Principals who say themselves who they are: <c>name:role,role</c>.</summary>
internal sealed class FakePrincipals : IPrincipals
{
    internal static (string, string) Ada { get; } = As("ada", "author");

    internal static (string, string) Olga { get; } = As("olga", "operator");

    internal static (string, string) As(string name, params string[] roles) => ("Authorization", $"Bearer {name}:{string.Join(',', roles)}");

    public (string Name, ImmutableArray<string> Roles)? Find(string token) =>
        token.Split(':') is [var name, var roles] ? (name, [.. roles.Split(',', StringSplitOptions.RemoveEmptyEntries)]) : null;
}
