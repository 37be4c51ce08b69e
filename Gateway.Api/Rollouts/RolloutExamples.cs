namespace Muster.Rollouts;

/// <summary>Bodies that work, in the API's description. They speak of one rollout: <c>fuel-pump-2</c>.</summary>
internal static class RolloutExamples
{
    internal const string Create = """
        {
          "id": "fuel-pump-2",
          "name": "Fuel pump 2.0",
          "release": "pump-fw@2.0.0",
          "target": { "condition": "tags.site = 'harbour'" },
          "groups": [
            { "name": "canary", "count": 3, "successPercent": 100, "soak": "PT1M" },
            { "name": "early", "percent": 20 },
            { "name": "rest" }
          ],
          "rate": { "perMinute": 60, "factor": 2, "every": 50, "maxPerMinute": 600 },
          "maxInFlight": 100,
          "budget": { "tag": "site", "maxUnavailable": 20 },
          "halts": [
            { "kind": "failedPercent", "limit": 5, "minSample": 10, "action": "hold" },
            { "kind": "critical", "limit": 0, "action": "rollBack" }
          ],
          "health": { "soak": "PT5M", "heartbeat": "PT2M", "maxRestarts": 2 },
          "retry": { "max": 2, "backoff": "PT1M" },
          "approvals": [ { "role": "safety-officer", "required": 1, "expiresAfter": "P7D" } ]
        }
        """;

    internal const string Replace = """
        {
          "name": "Fuel pump 2.0",
          "release": "pump-fw@2.0.0",
          "target": { "condition": "tags.site = 'harbour'" },
          "groups": [ { "name": "canary", "count": 3, "soak": "PT1M" }, { "name": "rest" } ],
          "halts": [ { "kind": "failedPercent", "limit": 5, "action": "rollBack" } ],
          "approvals": [ { "role": "safety-officer" } ]
        }
        """;

    internal const string Pause = """{ "level": "installs" }""";

    internal const string Abort = """{ "reason": "The pumps at the harbour are needed tonight." }""";

    internal const string RollBack = """{ "reason": "Pressure drops after an hour on 2.0.0." }""";

    // The hash is the one of the plan that is looked at.
    internal const string Decide = """
        {
          "planHash": "0000000000000000000000000000000000000000000000000000000000000000",
          "decision": "approve",
          "comment": "Looked at the canary group and the halts."
        }
        """;
}
