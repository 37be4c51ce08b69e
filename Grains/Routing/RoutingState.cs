using System.Collections.Immutable;

namespace Muster.Routing;

/// <summary>All routes and endpoints: one stored document.</summary>
[GenerateSerializer, Immutable, Alias("muster.RoutingState")]
public sealed record RoutingState
{
    /// <summary>Rises with every change; what was changed by it carries it as its version, so that none is ever used twice.</summary>
    [Id(0)] public long Revision { get; init; }

    /// <summary>By name.</summary>
    [Id(1)] public ImmutableArray<StoredRoute> Routes { get; init; } = [];

    /// <summary>By name.</summary>
    [Id(2)] public ImmutableArray<StoredEndpoint> Endpoints { get; init; } = [];

    internal StoredRoute? Route(string name) => Routes.FirstOrDefault(route => route.Name == name);

    internal StoredEndpoint? Endpoint(string name) => Endpoints.FirstOrDefault(endpoint => endpoint.Name == name);
}

/// <summary>A route as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.StoredRoute")]
public sealed record StoredRoute
{
    [Id(0)] public required string Name { get; init; }

    /// <summary>The <see cref="RoutingState.Revision"/> that changed it last.</summary>
    [Id(1)] public required long Revision { get; init; }

    [Id(2)] public required RouteSpec Spec { get; init; }

    /// <summary>For each partition of the log the first offset that it takes.</summary>
    [Id(3)] public required ImmutableArray<long> From { get; init; }
}

/// <summary>An endpoint as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.StoredEndpoint")]
public sealed record StoredEndpoint
{
    [Id(0)] public required string Name { get; init; }

    /// <summary>The <see cref="RoutingState.Revision"/> that changed it last.</summary>
    [Id(1)] public required long Revision { get; init; }

    /// <summary>Its secret is null.</summary>
    [Id(2)] public required EndpointSpec Spec { get; init; }

    /// <summary>What <c>ISecretProtector</c> made of the secret; empty if there is none.</summary>
    [Id(3)] public ImmutableArray<byte> ProtectedSecret { get; init; } = [];
}
