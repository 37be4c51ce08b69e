namespace Muster.Upstream;

/// <summary>A call of the upstream hub's REST service.</summary>
/// <param name="Kind">For the metrics.</param>
/// <param name="Method">The verb.</param>
/// <param name="Path">From the slash on, ids percent-encoded, without a query.</param>
internal sealed record RestCall(string Kind, HttpMethod Method, string Path)
{
    /// <summary>JSON; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>An etag without quotes, or <c>*</c>; null for none.</summary>
    public string? IfMatch { get; init; }

    /// <summary>Where a query goes on; null for its first page.</summary>
    public string? Continuation { get; init; }

    /// <summary>It may be made again whatever became of it.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>How much longer than others it may take.</summary>
    public TimeSpan Extra { get; init; }
}

/// <summary>What came back.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Body">At most <see cref="RestClient.MaxBodyBytes"/>.</param>
/// <param name="ErrorCode">The header <c>iothub-errorcode</c>; null for none.</param>
/// <param name="Continuation">Null behind the last page.</param>
/// <param name="RetryAfter">How long the hub asks to be left alone; null if it does not.</param>
internal sealed record RestAnswer(int Status, ReadOnlyMemory<byte> Body, string? ErrorCode, string? Continuation, TimeSpan? RetryAfter)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The hub did nothing, and wants fewer calls.</summary>
    public bool IsThrottled => Status == 429;

    /// <summary>The hub wants to be left alone; it may have done something.</summary>
    public bool IsPause => IsThrottled || (Status == 503 && RetryAfter is not null);
}
