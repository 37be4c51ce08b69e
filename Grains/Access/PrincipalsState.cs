using System.Collections.Immutable;

namespace Muster.Access;

/// <summary>The principals as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.PrincipalsState")]
internal sealed record PrincipalsState
{
    /// <summary>By name.</summary>
    [Id(0)] public ImmutableArray<StoredPrincipal> Principals { get; init; } = [];
}

/// <summary>A principal, and by what its token is known.</summary>
[GenerateSerializer, Immutable, Alias("muster.StoredPrincipal")]
internal sealed record StoredPrincipal
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required ImmutableArray<string> Roles { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(2)] public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>UTC.</summary>
    [Id(3)] public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>16 bytes that no other principal has.</summary>
    [Id(4)] public required ImmutableArray<byte> Salt { get; init; }

    /// <summary>SHA-256 of the salt and the token's secret behind it.</summary>
    [Id(5)] public required ImmutableArray<byte> Hash { get; init; }

    internal Principal View => new() { Name = Name, Roles = Roles, CreatedAt = CreatedAt, ExpiresAt = ExpiresAt };
}
