namespace Muster.Upstream;

/// <summary>The kinds of calls, as the metrics name them.</summary>
internal static class RestKinds
{
    internal const string Twin = "twin";
    internal const string Identity = "identity";
    internal const string Method = "method";
    internal const string Query = "query";
    internal const string Purge = "purge";
    internal const string Message = "message";
}
