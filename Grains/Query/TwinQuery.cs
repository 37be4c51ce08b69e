namespace Muster.Query;

/// <summary>A query of IoT Hub's language as a typed tree.</summary>
public sealed record TwinQuery(string Text);

/// <summary>A query that is not understood. <paramref name="position"/>: where, in characters from 0.</summary>
public sealed class QueryException(string message, int position) : Exception(message)
{
    public int Position { get; } = position;
}
