namespace Muster.Storage.Postgres;

/// <summary>Something that waits for a connection. Is answered exactly once, by <see cref="Failed"/> or by what its lane does with it.</summary>
internal interface IQueued
{
    IdSpan Key { get; }

    /// <summary>About how many bytes it sends.</summary>
    int Bytes { get; }

    /// <summary>When it was queued, as a timestamp of the lane's clock.</summary>
    long Since { get; set; }

    /// <summary>True if no other item of the same key may share its batch: a statement writes a row once.</summary>
    bool IsAlone { get; }

    void Failed(Exception why);
}
