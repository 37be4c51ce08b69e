using Muster.Errors;
using Muster.Gateway;
using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class RolloutEndpointsTests
{
    private const string Plan = """{"id":"pump-2","name":"Pump","release":"pump@2","target":{"condition":"tags.site = 'a'"}}""";
    private static readonly string Hash = new('a', 64);

    [Fact]
    public async Task A_rollout_is_made_where_its_id_says_by_the_one_whose_token_it_is()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/rollouts", Plan, FakePrincipals.Ada);

        Assert.Equal((201, "/api/v1/rollouts/pump-2", "\"e1\""), (answer.Status, answer.Header("Location"), answer.Header("ETag")));
        Assert.Equal("create ada", gateway.Cluster.Rollouts["pump-2"].Last);
        Assert.Equal("tags.site = 'a'", gateway.Cluster.Rollouts["pump-2"].Spec!.Target.Condition);
        Assert.Equal(("pump-2", "draft"), (answer.Json.GetProperty("id").GetString(), answer.Json.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task A_rollout_without_an_id_gets_one_by_its_name()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/rollouts", Plan.Replace("\"id\":\"pump-2\",", "", StringComparison.Ordinal), FakePrincipals.Ada);

        var id = Assert.Single(gateway.Cluster.Rollouts.Asked);
        Assert.StartsWith("pump-", id, StringComparison.Ordinal);
        Assert.Equal($"/api/v1/rollouts/{id}", answer.Header("Location"));
    }

    [Fact]
    public async Task A_plan_with_a_misspelt_field_is_a_problem_that_names_it_and_reaches_no_grain()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(
            HttpMethod.Post, "/api/v1/rollouts", Plan.Replace("\"name\"", "\"halt\":[],\"nam\"", StringComparison.Ordinal), FakePrincipals.Ada);

        Assert.Equal((400, "application/problem+json"), (answer.Status, answer.ContentType));
        Assert.Equal("urn:muster:problem:invalid-request", answer.Json.GetProperty("type").GetString());
        Assert.Equal(["halt", "nam", "name"], answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        Assert.Equal("must be given", answer.Json.GetProperty("errors").GetProperty("name")[0].GetString());
        Assert.Empty(gateway.Cluster.Rollouts.Asked);
    }

    [Fact]
    public async Task What_the_rollout_finds_wrong_with_a_plan_is_told_in_the_same_form()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts["pump-2"].Refusal = new Refusal(HubErrorCode.ArgumentInvalid, "The percentages are above 100.")
        {
            Errors = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("groups", "must not be above 100 % together"),
        };

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/rollouts", Plan, FakePrincipals.Ada);

        Assert.Equal((400, "The percentages are above 100."), (answer.Status, answer.Json.GetProperty("detail").GetString()));
        Assert.Equal("must not be above 100 % together", answer.Json.GetProperty("errors").GetProperty("groups")[0].GetString());
        Assert.Null(answer.Header("Location"));
    }

    [Theory]
    [InlineData("GET", "/api/v1/rollouts")]
    [InlineData("POST", "/api/v1/rollouts")]
    [InlineData("GET", "/api/v1/rollouts/pump-2")]
    [InlineData("PUT", "/api/v1/rollouts/pump-2")]
    [InlineData("POST", "/api/v1/rollouts/pump-2/start")]
    [InlineData("GET", "/api/v1/rollouts/pump-2/events")]
    [InlineData("GET", "/api/v1/approvals")]
    [InlineData("POST", "/api/v1/approvals/pump-2")]
    public async Task The_token_of_a_policy_opens_none_of_it(string method, string path)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(new HttpMethod(method), path, method == "GET" ? null : Plan);

        Assert.Equal((403, "application/problem+json"), (answer.Status, answer.ContentType));
        Assert.Equal(401, (await gateway.SendAsync(new HttpMethod(method), path, null, ("Authorization", "Bearer nobody"))).Status);
        Assert.Empty(gateway.Cluster.Rollouts.Asked);
    }

    [Theory]
    [InlineData("submit", null, "author", "submit eva e1")]
    [InlineData("withdraw", null, "author", "withdraw eva e1")]
    [InlineData("start", null, "operator", "start eva e1")]
    [InlineData("resume", null, "operator", "resume eva e1")]
    [InlineData("pause", """{"level":"installs"}""", "operator", "pause eva Installs e1")]
    [InlineData("pause", "{}", "operator", "pause eva Offers e1")]
    [InlineData("abort", """{"reason":"too hot"}""", "operator", "abort eva too hot e1")]
    [InlineData("rollback", """{"reason":"too cold"}""", "operator", "rollback eva too cold e1")]
    public async Task What_is_done_with_a_rollout_is_done_by_one_of_the_role_and_only_if_the_etag_holds(string verb, string? body, string role, string asked)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var path = $"/api/v1/rollouts/pump-2/{verb}";

        var stranger = await gateway.SendAsync(HttpMethod.Post, path, body, FakePrincipals.As("eva", "safety", role == "author" ? "operator" : "author"));
        Assert.Equal((403, "urn:muster:problem:forbidden"), (stranger.Status, stranger.Json.GetProperty("type").GetString()));
        Assert.Empty(gateway.Cluster.Rollouts.Asked);

        var answer = await gateway.SendAsync(HttpMethod.Post, path, body, FakePrincipals.As("eva", role), ("If-Match", "\"e1\""));
        Assert.Equal((200, asked), (answer.Status, gateway.Cluster.Rollouts["pump-2"].Last));
    }

    [Theory]
    [InlineData("pause", """{"level":"none"}""", "level")]
    [InlineData("pause", """{"lvl":"offers"}""", "lvl")]
    [InlineData("abort", "{}", "reason")]
    [InlineData("abort", """{"reason":""}""", "reason")]
    [InlineData("rollback", """{"reason":"a","force":true}""", "force")]
    public async Task What_is_asked_of_a_rollout_in_other_words_is_refused(string verb, string body, string field)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/rollouts/pump-2/{verb}", body, FakePrincipals.Olga);

        Assert.Equal((400, field), (answer.Status, Assert.Single(answer.Json.GetProperty("errors").EnumerateObject()).Name));
        Assert.Empty(gateway.Cluster.Rollouts.Asked);
    }

    [Theory]
    [InlineData(HubErrorCode.RolloutNotFound, 404, "not-found")]
    [InlineData(HubErrorCode.RolloutAlreadyExists, 409, "conflict")]
    [InlineData(HubErrorCode.RolloutStateInvalid, 409, "wrong-status")]
    [InlineData(HubErrorCode.PlanChanged, 409, "plan-changed")]
    [InlineData(HubErrorCode.NotYourTurn, 403, "not-your-turn")]
    [InlineData(HubErrorCode.TooManyRollouts, 403, "forbidden")]
    [InlineData(HubErrorCode.PreconditionFailed, 412, "precondition-failed")]
    public async Task Each_refusal_is_a_problem_of_a_stable_type(HubErrorCode code, int status, string type)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts["pump-2"].Refusal = new Refusal(code, "Because.");

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/rollouts/pump-2/start", null, FakePrincipals.Olga);

        Assert.Equal((status, $"urn:muster:problem:{type}", "Because."),
            (answer.Status, answer.Json.GetProperty("type").GetString(), answer.Json.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task A_plan_is_replaced_under_its_own_id_alone()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var other = await gateway.PutAsync("/api/v1/rollouts/pump-3", Plan, FakePrincipals.Ada);
        var own = await gateway.PutAsync("/api/v1/rollouts/pump-2", Plan, FakePrincipals.Ada, ("If-Match", "*"));

        Assert.Equal((400, 200), (other.Status, own.Status));
        Assert.Equal("update ada *", gateway.Cluster.Rollouts["pump-2"].Last);
        Assert.Equal(["pump-2"], gateway.Cluster.Rollouts.Asked);
    }

    [Fact]
    public async Task What_is_read_can_be_written_back()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var read = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/pump-2", null, FakePrincipals.Ada);

        var answer = await gateway.PutAsync("/api/v1/rollouts/pump-2", read.Json.GetProperty("spec").GetRawText(), FakePrincipals.Ada);

        Assert.Equal((200, FakeRollout.Plain.Name), (answer.Status, gateway.Cluster.Rollouts["pump-2"].Spec!.Name));
    }

    [Fact]
    public async Task An_id_that_no_rollout_can_have_is_a_404_and_wakes_no_grain()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/a%20b%2Fc", null, FakePrincipals.Ada);

        Assert.Equal((404, "urn:muster:problem:not-found"), (answer.Status, answer.Json.GetProperty("type").GetString()));
        Assert.Empty(gateway.Cluster.Rollouts.Asked);
    }

    [Fact]
    public async Task A_plan_is_looked_at_by_anyone_page_by_page()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts["pump-2"].Plan = new RolloutPlan
        {
            Hash = Hash,
            Total = 3,
            Groups = [new("canary", 1), new("rest", 2)],
            Estimate = TimeSpan.FromMinutes(90),
            Devices = [new("d1", 0, null), new("d2", 1, "AlreadyCurrent")],
            Continuation = "more",
        };

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/rollouts/pump-2/plan?pageSize=2&continuation=c", null, FakePrincipals.As("eve"));

        Assert.Equal((200, "plan 2 c"), (answer.Status, gateway.Cluster.Rollouts["pump-2"].Last));
        Assert.Equal(
            $$"""{"planHash":"{{Hash}}","total":3,"groups":[{"name":"canary","total":1},{"name":"rest","total":2}],"exclusions":{},"conflicts":[],"bytes":0,"sites":[],"estimate":"PT1H30M","models":{},"devices":[{"deviceId":"d1","group":0},{"deviceId":"d2","group":1,"exclusion":"AlreadyCurrent"}],"continuation":"more"}""",
            answer.Body);
        Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Post, "/api/v1/rollouts/pump-2/plan?pageSize=1001", null, FakePrincipals.As("eve"))).Status);
    }

    [Fact]
    public async Task Members_are_listed_by_status_and_a_full_page_says_where_to_go_on()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var rollout = gateway.Cluster.Rollouts["pump-2"];
        rollout.Members = [new() { DeviceId = "d1", Group = 1, Status = UpdateStatus.Failed, Attempt = 2, Reason = "DownloadTimeout" }];

        var full = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/pump-2/devices?status=failed&after=d0&max=1", null, FakePrincipals.Ada);
        Assert.Equal("members Failed d0 1", rollout.Last);
        var last = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/pump-2/devices?max=2", null, FakePrincipals.Ada);
        var wrong = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/pump-2/devices?status=broken", null, FakePrincipals.Ada);

        Assert.Equal("""{"items":[{"deviceId":"d1","group":1,"status":"failed","attempt":2,"reason":"DownloadTimeout"}],"next":"d1"}""", full.Body);
        Assert.False(last.Json.TryGetProperty("next", out _));
        Assert.Equal(400, wrong.Status);
        (rollout.Members, rollout.Refusal) = ([], new Refusal(HubErrorCode.RolloutNotFound, "None."));
        Assert.Equal(404, (await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/pump-2/devices", null, FakePrincipals.Ada)).Status);
    }

    [Fact]
    public async Task Rollouts_are_listed_without_their_plans()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts.Listed.AddRange(Enumerable.Range(0, 3).Select(i => FakeRollout.Stands($"r{i}")));

        var first = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts?max=2", null, FakePrincipals.Ada);
        var second = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts?max=2&after=r1", null, FakePrincipals.Ada);

        Assert.Equal(["r0", "r1"], first.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Equal("r1", first.Json.GetProperty("next").GetString());
        Assert.False(first.Json.GetProperty("items")[0].TryGetProperty("spec", out _));
        Assert.Equal("r2", Assert.Single(second.Json.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        Assert.False(second.Json.TryGetProperty("next", out _));
        Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts?max=101", null, FakePrincipals.Ada)).Status);
    }

    [Theory]
    [InlineData("text/plain", true)]
    [InlineData("text/plain, */*;q=0.1", true)]
    [InlineData("*/*", false)]
    [InlineData("application/json, text/plain, */*", false)]
    [InlineData("text/html,application/xhtml+xml", false)]
    [InlineData("nonsense;;", false)]
    public async Task A_table_is_for_those_who_ask_for_plain_text(string accept, bool isText)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/pump-2", null, FakePrincipals.Ada, ("Accept", accept));

        Assert.Equal(isText ? "text/plain; charset=utf-8" : "application/json; charset=utf-8", answer.ContentType);
        Assert.Equal(("Accept", "\"e1\""), (answer.Header("Vary"), answer.Header("ETag")));
    }

    [Fact]
    public async Task A_decision_is_the_principals_own_with_the_roles_of_its_token()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(
            HttpMethod.Post, "/api/v1/approvals/pump-2", $$"""{"planHash":"{{Hash.ToUpperInvariant()}}","decision":"approve","comment":"ok"}""", FakePrincipals.As("sam", "safety", "x"));

        Assert.Equal((200, $"decide sam [safety,x] {Hash} True ok"), (answer.Status, gateway.Cluster.Rollouts["pump-2"].Last));
    }

    [Theory]
    [InlineData("""{"decision":"approve"}""", "planHash")]
    [InlineData("""{"planHash":"abc","decision":"deny"}""", "planHash")]
    [InlineData("""{"planHash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","decision":"yes"}""", "decision")]
    [InlineData("""{"planHash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","decision":"approve","principal":"ada"}""", "principal")]
    public async Task A_decision_that_is_not_clear_is_none(string body, string field)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/approvals/pump-2", body, FakePrincipals.As("sam", "safety"));

        Assert.Equal((400, field), (answer.Status, Assert.Single(answer.Json.GetProperty("errors").EnumerateObject()).Name));
        Assert.Empty(gateway.Cluster.Rollouts.Asked);
    }

    [Fact]
    public async Task Those_who_have_to_approve_see_what_waits_for_them_and_nothing_else()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts.Listed.AddRange(
        [
            Waiting("mine", "safety"), Waiting("others", "ops"), Waiting("own", "safety") with { Author = "sam" },
            Waiting("decided", "safety", "sam"), Waiting("over", "safety") with { Status = RolloutStatus.Running },
        ]);

        var mine = await gateway.SendAsync(HttpMethod.Get, "/api/v1/approvals", null, FakePrincipals.As("sam", "safety"));
        var all = await gateway.SendAsync(HttpMethod.Get, "/api/v1/approvals?pending=false", null, FakePrincipals.As("sam"));
        var first = await gateway.SendAsync(HttpMethod.Get, "/api/v1/approvals?pending=false&max=1", null, FakePrincipals.As("sam"));

        Assert.Equal(["mine"], Names(mine));
        Assert.Equal(["mine", "others", "own", "decided"], Names(all));
        Assert.Equal("mine", first.Json.GetProperty("next").GetString());
        Assert.Equal((1, "safety", Hash),
            (mine.Json.GetProperty("items")[0].GetProperty("step").GetInt32(), mine.Json.GetProperty("items")[0].GetProperty("role").GetString(),
            mine.Json.GetProperty("items")[0].GetProperty("planHash").GetString()));
        Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Get, "/api/v1/approvals?pending=perhaps", null, FakePrincipals.As("sam"))).Status);
    }

    [Fact]
    public async Task Looking_for_approvals_is_bounded_and_says_where_to_go_on()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts.Listed.AddRange(Enumerable.Range(0, 1001).Select(i => FakeRollout.Stands($"r{i}")));

        var answer = await gateway.SendAsync(HttpMethod.Get, "/api/v1/approvals", null, FakePrincipals.As("sam", "safety"));

        Assert.Equal(10, gateway.Cluster.Rollouts.Pages.Count);
        Assert.Equal("""{"items":[],"next":"r999"}""", answer.Body);
    }

    private static IEnumerable<string?> Names(Answer answer) =>
        answer.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("rollout").GetString());

    private static RolloutView Waiting(string id, string role, string? decidedBy = null) => FakeRollout.Stands(id, RolloutStatus.InReview) with
    {
        PlanHash = Hash,
        Approvals =
        [
            new()
            {
                Step = new() { Role = role, Required = 2 },
                Status = "Pending",
                Decisions = decidedBy is null ? [] : [new() { Principal = decidedBy, IsApproved = true, At = DateTimeOffset.UnixEpoch, PlanHash = Hash }],
            },
        ],
    };
}
