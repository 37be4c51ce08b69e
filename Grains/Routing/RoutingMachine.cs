using System.Collections.Immutable;
using System.Text;
using Muster.Devices;
using Muster.Errors;
using Muster.Query;

namespace Muster.Routing;

/// <summary>What a change makes of the routes and endpoints.</summary>
internal abstract record RoutingMove
{
    private RoutingMove() { }

    internal sealed record Moved(RoutingState Next, bool IsNew = false) : RoutingMove;

    internal sealed record Refused(Refusal Why) : RoutingMove;
}

/// <summary>Decides changes of routes and endpoints. Pure: no clock, no storage, no Orleans.</summary>
internal static class RoutingMachine
{
    internal const int MaxRoutes = 100;
    internal const int MaxEndpoints = 100;

    /// <summary>UTF-8 bytes of all texts of routes and endpoints together: what a stored document takes, less the numbers in it.</summary>
    internal const int MaxTextBytes = 160 << 10;

    /// <param name="now">For each partition of the log the offset that the next event gets.</param>
    internal static RoutingMove PutRoute(RoutingState state, string name, RouteSpec spec, RoutingPrecondition condition, ImmutableArray<long> now)
    {
        var old = state.Route(name);
        if ((EndpointRules.CheckName(name) ?? CheckCondition(spec.Condition) ?? CheckState(condition, old?.Revision, name)) is { } why)
        {
            return new RoutingMove.Refused(why);
        }

        if (state.Endpoint(spec.Endpoint) is null)
        {
            return Refuse(HubErrorCode.ArgumentInvalid, $"There is no endpoint '{spec.Endpoint}'. Make it before the route that names it.");
        }

        if (old is null && state.Routes.Length >= MaxRoutes)
        {
            return Refuse(HubErrorCode.TooManyRoutes, $"There are {MaxRoutes} routes; no more are possible.");
        }

        var goesOn = old is { Spec.Enabled: true } && spec.Enabled && old.Spec.Endpoint == spec.Endpoint && old.Spec.Source == spec.Source;
        var route = new StoredRoute { Name = name, Revision = state.Revision + 1, Spec = spec, From = goesOn ? old!.From : now };
        return Bounded(state with { Revision = route.Revision, Routes = Put(state.Routes, old, route, static entry => entry.Name) }, isNew: old is null);
    }

    internal static RoutingMove DeleteRoute(RoutingState state, string name, string? ifMatch) =>
        state.Route(name) is not { } route ? new RoutingMove.Refused(NoRoute(name))
        : CheckState(new RoutingPrecondition(ifMatch), route.Revision, name) is { } why ? new RoutingMove.Refused(why)
        : new RoutingMove.Moved(state with { Revision = state.Revision + 1, Routes = state.Routes.Remove(route) });

    /// <param name="protect">Encrypts a new secret.</param>
    internal static RoutingMove PutEndpoint(
        RoutingState state, string name, EndpointSpec spec, RoutingPrecondition condition, bool allowPrivate, Func<string, ImmutableArray<byte>> protect)
    {
        var old = state.Endpoint(name);
        var kept = old is not null && KeepsSecret(old.Spec, spec) ? old.ProtectedSecret : [];
        if ((EndpointRules.CheckName(name) ?? EndpointRules.Check(spec, hasSecret: !kept.IsEmpty, allowPrivate) ?? CheckState(condition, old?.Revision, name)) is { } why)
        {
            return new RoutingMove.Refused(why);
        }

        if (old is null && state.Endpoints.Length >= MaxEndpoints)
        {
            return Refuse(HubErrorCode.TooManyEndpoints, $"There are {MaxEndpoints} endpoints; no more are possible.");
        }

        var endpoint = new StoredEndpoint
        {
            Name = name,
            Revision = state.Revision + 1,
            Spec = spec with { Secret = null },
            ProtectedSecret = spec.Secret is { } secret ? protect(secret.Value) : kept,
        };
        return Bounded(
            state with { Revision = endpoint.Revision, Endpoints = Put(state.Endpoints, old, endpoint, static entry => entry.Name) }, isNew: old is null);
    }

    internal static RoutingMove DeleteEndpoint(RoutingState state, string name, string? ifMatch) =>
        state.Endpoint(name) is not { } endpoint ? new RoutingMove.Refused(NoEndpoint(name))
        : CheckState(new RoutingPrecondition(ifMatch), endpoint.Revision, name) is { } why ? new RoutingMove.Refused(why)
        : state.Routes.FirstOrDefault(route => route.Spec.Endpoint == name) is { } user
            ? Refuse(HubErrorCode.EndpointInUse, $"The route '{user.Name}' goes to the endpoint '{name}'. Delete or change it first.")
        : new RoutingMove.Moved(state with { Revision = state.Revision + 1, Endpoints = state.Endpoints.Remove(endpoint) });

    internal static string ETag(long revision) => ETags.Twin(revision);

    internal static Refusal NoRoute(string name) => new(HubErrorCode.RouteNotFound, $"There is no route '{name}'.");

    internal static Refusal NoEndpoint(string name) => new(HubErrorCode.EndpointNotFound, $"There is no endpoint '{name}'.");

    /// <summary>A webhook's secret only signs. Kafka's password is sent: never to servers, or in a way, that whoever gave it did not name.</summary>
    private static bool KeepsSecret(EndpointSpec old, EndpointSpec spec) => (old, spec) switch
    {
        (EndpointSpec.Kafka was, EndpointSpec.Kafka now) => (was.BootstrapServers, was.Security, was.SaslMechanism, was.UserName)
            == (now.BootstrapServers, now.Security, now.SaslMechanism, now.UserName),
        _ => old.GetType() == spec.GetType(),
    };

    private static RoutingMove Bounded(RoutingState next, bool isNew) =>
        next.Routes.Sum(static route => Size(route.Name, route.Spec.Condition)) + next.Endpoints.Sum(static endpoint => Size(endpoint.Name, [.. EndpointRules.Texts(endpoint.Spec)])) <= MaxTextBytes
            ? new RoutingMove.Moved(next, isNew)
            : Refuse(HubErrorCode.ArgumentInvalid, $"The texts of all routes and endpoints together would be more than {MaxTextBytes} bytes: shorten conditions or certificates.");

    private static int Size(string name, params ReadOnlySpan<string> texts)
    {
        var bytes = name.Length;
        foreach (var text in texts)
        {
            bytes += Encoding.UTF8.GetByteCount(text);
        }

        return bytes;
    }

    private static RoutingMove.Refused Refuse(HubErrorCode code, string message) => new(new Refusal(code, message));

    private static Refusal? CheckCondition(string condition)
    {
        try
        {
            RouteCondition.Parse(condition);
            return null;
        }
        catch (QueryException wrong)
        {
            return Refusals.Invalid($"{wrong.Sentence} At position {wrong.Position} of the condition.");
        }
    }

    private static Refusal? CheckState(RoutingPrecondition condition, long? revision, string name) =>
        condition.IfNew && revision is not null ? Refusals.Changed($"'{name}' is there already.")
        : condition.IfMatch is null || (revision is { } current && ETags.Matches(condition.IfMatch, ETag(current))) ? null
        : Refusals.Changed($"'{name}' is not of the etag that the request names.");

    private static ImmutableArray<T> Put<T>(ImmutableArray<T> all, T? old, T changed, Func<T, string> name)
        where T : class =>
        old is not null ? all.Replace(old, changed) : [.. all.Append(changed).OrderBy(name, StringComparer.Ordinal)];
}
