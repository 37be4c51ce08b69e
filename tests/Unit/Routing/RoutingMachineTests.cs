using System.Collections.Immutable;
using System.Text;
using Muster.Errors;
using Xunit;

namespace Muster.Routing;

public sealed class RoutingMachineTests
{
    private static readonly RoutingPrecondition Any = new(null);
    private static readonly EndpointSpec.Webhook Hook = new("https://example.com/in") { Secret = new SecretText("0123456789abcdef") };

    [Fact]
    public void A_route_needs_its_endpoint_and_the_endpoint_stays_while_a_route_names_it()
    {
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(RoutingMachine.PutRoute(new(), "r", Route("e"), Any, [])));
        var state = Next(RoutingMachine.PutRoute(WithEndpoint("e"), "r", Route("e"), Any, []));

        Assert.Equal(HubErrorCode.EndpointInUse, Why(RoutingMachine.DeleteEndpoint(state, "e", null)));
        Assert.Empty(Next(RoutingMachine.DeleteEndpoint(Next(RoutingMachine.DeleteRoute(state, "r", null)), "e", null)).Endpoints);
    }

    [Fact]
    public void A_condition_that_is_not_understood_is_refused_with_its_place()
    {
        var refused = Assert.IsType<RoutingMove.Refused>(RoutingMachine.PutRoute(WithEndpoint("e"), "r", Route("e") with { Condition = "a = 'x' AND" }, Any, []));

        Assert.Equal("A property, value or function is expected, not the end. At position 11 of the condition.", refused.Why.Message);
    }

    [Fact]
    public void Changes_are_made_only_to_what_the_etag_names()
    {
        var state = Next(RoutingMachine.PutRoute(WithEndpoint("e"), "r", Route("e"), Any, []));
        var etag = RoutingMachine.ETag(state.Route("r")!.Revision);
        var changed = Next(RoutingMachine.PutRoute(state, "r", Route("e") with { Condition = "false" }, new RoutingPrecondition($"\"{etag}\""), []));

        Assert.Equal(HubErrorCode.PreconditionFailed, Why(RoutingMachine.PutRoute(changed, "r", Route("e"), new RoutingPrecondition(etag), [])));
        Assert.Equal(HubErrorCode.PreconditionFailed, Why(RoutingMachine.PutRoute(changed, "r", Route("e"), new RoutingPrecondition(null, IfNew: true), [])));
        Assert.Equal(HubErrorCode.PreconditionFailed, Why(RoutingMachine.PutRoute(changed, "r2", Route("e"), new RoutingPrecondition("*"), [])));
        Assert.Equal(HubErrorCode.PreconditionFailed, Why(RoutingMachine.DeleteRoute(changed, "r", etag)));
        Assert.Equal(HubErrorCode.RouteNotFound, Why(RoutingMachine.DeleteRoute(changed, "r2", null)));
        Assert.Equal(HubErrorCode.EndpointNotFound, Why(RoutingMachine.DeleteEndpoint(changed, "e2", null)));
    }

    [Fact]
    public void No_etag_comes_twice_however_often_a_name_is_used_again()
    {
        var state = WithEndpoint("e");
        var seen = new HashSet<string>();
        for (var i = 0; i < 5; i++)
        {
            state = Next(RoutingMachine.PutRoute(state, "r", Route("e"), Any, []));
            Assert.True(seen.Add(RoutingMachine.ETag(state.Route("r")!.Revision)));
            state = Next(RoutingMachine.DeleteRoute(state, "r", null));
        }
    }

    [Fact]
    public void A_route_takes_events_from_when_it_is_made_switched_on_or_sent_elsewhere()
    {
        var state = Next(RoutingMachine.PutRoute(WithEndpoint("e", "f"), "r", Route("e"), Any, [5, 6]));
        Assert.Equal([5L, 6L], state.Route("r")!.From);

        state = Next(RoutingMachine.PutRoute(state, "r", Route("e") with { Condition = "a = 'x'" }, Any, [7, 8]));
        Assert.Equal([5L, 6L], state.Route("r")!.From);

        var off = Next(RoutingMachine.PutRoute(state, "r", Route("e") with { Enabled = false }, Any, [9, 9]));
        Assert.Equal([10L, 10L], Next(RoutingMachine.PutRoute(off, "r", Route("e"), Any, [10, 10])).Route("r")!.From);
        Assert.Equal([11L, 11L], Next(RoutingMachine.PutRoute(state, "r", Route("f"), Any, [11, 11])).Route("r")!.From);
        Assert.Equal([12L, 12L], Next(RoutingMachine.PutRoute(state, "r", Route("e") with { Source = RouteSource.TwinChangeEvents }, Any, [12, 12])).Route("r")!.From);
    }

    [Fact]
    public void A_secret_is_kept_encrypted_and_stays_where_none_is_given()
    {
        var state = WithEndpoint("e");
        Assert.Null(state.Endpoint("e")!.Spec.Secret);
        Assert.DoesNotContain("0123456789abcdef", state.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", Hook.ToString(), StringComparison.Ordinal);

        var kept = Next(Put(state, "e", Hook with { Secret = null, MaxBatch = 5 }));
        Assert.Equal(state.Endpoint("e")!.ProtectedSecret, kept.Endpoint("e")!.ProtectedSecret);
        Assert.Equal(5, ((EndpointSpec.Webhook)kept.Endpoint("e")!.Spec).MaxBatch);
        Assert.Empty(Next(Put(kept, "e", new EndpointSpec.Log("group"))).Endpoint("e")!.ProtectedSecret);
    }

    [Fact]
    public void A_password_goes_to_nobody_but_the_servers_that_it_was_given_for()
    {
        var silent = new EndpointSpec.Kafka("broker:9092", "t") { Security = KafkaSecurity.SaslTls, SaslMechanism = "PLAIN", UserName = "u" };
        var state = Next(Put(new RoutingState(), "e", silent with { Secret = new SecretText("p") }));

        Assert.False(Next(Put(state, "e", silent with { Topic = "other" })).Endpoint("e")!.ProtectedSecret.IsEmpty);
        foreach (var changed in (EndpointSpec.Kafka[])
        [
            silent with { BootstrapServers = "evil:9092" },
            silent with { Security = KafkaSecurity.SaslPlaintext }, silent with { SaslMechanism = "SCRAM-SHA-256" },
            silent with { UserName = "v" },
        ])
        {
            var refused = Assert.IsType<RoutingMove.Refused>(Put(state, "e", changed));
            Assert.Equal(HubErrorCode.ArgumentInvalid, refused.Why.Code);
            Assert.Contains("password", refused.Why.Message, StringComparison.Ordinal);
            Assert.False(Next(Put(state, "e", changed with { Secret = new SecretText("q") })).Endpoint("e")!.ProtectedSecret.IsEmpty);
        }

        var open = Next(Put(state, "e", new EndpointSpec.Kafka("evil:9092", "t")));
        Assert.Empty(open.Endpoint("e")!.ProtectedSecret);
    }

    [Fact]
    public void There_are_so_many_routes_and_no_more()
    {
        var state = WithEndpoint("e");
        for (var i = 0; i < RoutingMachine.MaxRoutes; i++)
        {
            state = Next(RoutingMachine.PutRoute(state, $"r{i}", Route("e"), Any, []));
        }

        Assert.Equal(HubErrorCode.TooManyRoutes, Why(RoutingMachine.PutRoute(state, "more", Route("e"), Any, [])));
        Assert.IsType<RoutingMove.Moved>(RoutingMachine.PutRoute(state, "r7", Route("e"), Any, []));
    }

    [Fact]
    public void Conditions_together_stay_within_a_stored_document()
    {
        var state = WithEndpoint("e");
        var move = default(RoutingMove);
        for (var i = 0; i < 30 && move is not RoutingMove.Refused; i++)
        {
            move = RoutingMachine.PutRoute(state, $"r{i}", Route("e") with { Condition = $"a = '{new string('x', 8000)}'" }, Any, []);
            state = move is RoutingMove.Moved moved ? moved.Next : state;
        }

        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(move!));
        Assert.Equal(20, state.Routes.Length);
    }

    public static TheoryData<EndpointSpec, string> Mistakes => new()
    {
        { Hook with { Url = "http://example.com/" }, "https" },
        { Hook with { Url = "ftp://example.com/" }, "https" },
        { Hook with { Url = "/in" }, "absolute" },
        { Hook with { Url = "https://user:pw@example.com/" }, "user information" },
        { Hook with { Url = "https://127.0.0.1/" }, "not a public address" },
        { Hook with { Url = "https://[::1]/" }, "not a public address" },
        { Hook with { Url = "https://169.254.169.254/latest" }, "not a public address" },
        { Hook with { Url = "https://2130706433/" }, "not a public address" },
        { Hook with { Secret = null }, "needs a secret" },
        { Hook with { Secret = new SecretText("short") }, "16 to 512" },
        { Hook with { MaxBatch = 0 }, "1 to 100" },
        { Hook with { CaCertificate = "no pem" }, "PEM" },
        { Hook with { RetryFor = TimeSpan.FromDays(8) }, "604800" },
        { new EndpointSpec.Log(""), "consumerGroup" },
        { new EndpointSpec.Log("$Default"), "consumerGroup" },
        { new EndpointSpec.Kafka("broker", "t"), "host:port" },
        { new EndpointSpec.Kafka("broker:0", "t"), "host:port" },
        { new EndpointSpec.Kafka("broker:9092,:1", "t"), "host:port" },
        { new EndpointSpec.Kafka("broker:9092", "a topic"), "topic" },
        { new EndpointSpec.Kafka("broker:9092", ".."), "topic" },
        { new EndpointSpec.Kafka("broker:9092", "t") { SaslMechanism = "PLAIN" }, "saslMechanism" },
        { new EndpointSpec.Kafka("broker:9092", "t") { Security = KafkaSecurity.SaslTls }, "saslMechanism" },
        { new EndpointSpec.Kafka("broker:9092", "t") { Security = KafkaSecurity.SaslTls, SaslMechanism = "PLAIN", UserName = "u" }, "password" },
        { new EndpointSpec.Kafka("broker:9092", "t") { Secret = new SecretText("p") }, "are for security" },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void An_endpoint_that_cannot_work_is_refused_with_the_reason(EndpointSpec spec, string reason)
    {
        var refused = Assert.IsType<RoutingMove.Refused>(Put(new RoutingState(), "e", spec));

        Assert.Equal(HubErrorCode.ArgumentInvalid, refused.Why.Code);
        Assert.Contains(reason, refused.Why.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    [InlineData("a12345678901234567890123456789012345678901234567890123456789012345")]
    public void A_name_that_is_none_is_refused(string name) => Assert.Equal(HubErrorCode.ArgumentInvalid, Why(Put(new RoutingState(), name, Hook)));

    private static RouteSpec Route(string endpoint) => new() { Condition = "true", Endpoint = endpoint };

    private static RoutingState WithEndpoint(params string[] names) =>
        names.Aggregate(new RoutingState(), static (state, name) => Next(Put(state, name, Hook)));

    private static RoutingMove Put(RoutingState state, string name, EndpointSpec spec) => RoutingMachine.PutEndpoint(
        state, name, spec, Any, allowPrivate: false, static secret => [.. Encoding.UTF8.GetBytes(secret).Reverse()]);

    private static RoutingState Next(RoutingMove move) => Assert.IsType<RoutingMove.Moved>(move).Next;

    private static HubErrorCode Why(RoutingMove move) => Assert.IsType<RoutingMove.Refused>(move).Why.Code;
}
