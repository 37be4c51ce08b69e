namespace Muster.Releases;

/// <summary>Bodies that work, for the API's description. The artifact is the seven bytes of "muster" and a line feed, and the signature is of them.</summary>
internal static class ReleaseExamples
{
    internal const string Release = """
        {
          "name": "pump-fw",
          "version": "2.0.0",
          "description": "Steadier flow below 5 bar",
          "compatibility": { "models": ["P7"], "hardwareRevisions": ["1", "2"], "requiredVersion": "1.8.0", "allowDowngrade": false }
        }
        """;

    internal const string Change = """
        { "description": "Steadier flow below 5 bar, and at night", "compatibility": { "models": ["P7"], "requiredVersion": "1.8.0" } }
        """;

    internal const string Withdrawal = """
        { "reason": "The flow sensor reads zero after a cold start" }
        """;

    internal const string Artifact = """
        { "name": "pump.swu", "size": 7, "sha256": "3113366f9db100eefc0280e7eaa4d24eb4e0e18c4fa6fce4cf5fe78de799851a" }
        """;

    internal const string Signature = """
        {
          "keyId": "firmware-2026",
          "value": "MEUCIQCcZB8NlnVQZx1uupJszbC/ZGXf9SAqCuqaQZX4OyD56wIgF81NnCZ9J3K57JhXsyo6BxOhiE14FaArYlyYoFXhhr0="
        }
        """;

    internal const string SigningKey = """
        { "pem": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7LR8RkO08Wj4eF2ASWVKQOzLwnmn\nyMxRZvZueTbxkAzsVuiSQlRKSa7vwPn/OqPPwURCXjCt3kaIwaQLBXj4CA==\n-----END PUBLIC KEY-----\n" }
        """;

    internal const string Golden = """
        { "releaseId": "pump-fw@2.0.0" }
        """;
}
