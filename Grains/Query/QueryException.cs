namespace Muster.Query;

/// <summary>A query that is not understood, or a continuation that is not this query's. Its message is for the caller.</summary>
public sealed class QueryException : Exception
{
    /// <param name="message">One sentence; the position is added to it.</param>
    /// <param name="position">Where in the text, in characters from 0; negative if the text is not what is wrong.</param>
    public QueryException(string message, int position)
        : base(position < 0 ? message : $"{message} At position {position} of the query.") => (Sentence, Position) = (message, position);

    /// <summary>What is wrong, without where.</summary>
    public string Sentence { get; }

    public int Position { get; }
}
