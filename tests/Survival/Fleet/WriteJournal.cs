namespace Muster.Survival;

/// <summary>
/// What the one writer of one twin section sent and what was acknowledged. Write n sets <c>counter</c> to n and must raise <c>$version</c> by one.
/// A write that was never answered may have been made, once; nothing else explains a version that the writer did not get.
/// </summary>
internal sealed class WriteJournal(string whose, Faults faults)
{
    private const int LinesKept = 12;
    private readonly Queue<string> lines = new();
    private readonly Lock guard = new();
    private int sent;
    private int acknowledged;
    private long version;
    private int unanswered;

    // One round older: a late write may still come, but not for ever.
    private int unansweredBefore;

    internal int Unanswered
    {
        get
        {
            lock (guard)
            {
                return unanswered;
            }
        }
    }

    /// <summary>Goes on from what stands at the start of a run.</summary>
    internal void Start(int counter, long at)
    {
        lock (guard)
        {
            (sent, acknowledged, version) = (counter, counter, at);
        }
    }

    /// <summary>The counter to write; unanswered until <see cref="Acknowledge"/>.</summary>
    internal int Begin()
    {
        lock (guard)
        {
            unanswered++;
            return ++sent;
        }
    }

    internal void Acknowledge(int counter, long at)
    {
        lock (guard)
        {
            Note($"{counter} acknowledged as version {at}");
            unanswered--;
            var others = at - version - 1;
            if (others < 0)
            {
                Report($"write {counter} got version {at}, but {version} was given to write {acknowledged} before it");
            }
            else if (!Explain(others))
            {
                Report($"write {counter} got version {at} after {version}: {others} versions between, and fewer writes are without answer");
            }

            (acknowledged, version) = (counter, Math.Max(at, version));
        }
    }

    internal void Unknown(int counter, string why)
    {
        lock (guard)
        {
            Note($"{counter} not answered ({why})");
        }
    }

    /// <summary>Compares with what stands while nothing is under way; the journal goes on from there.</summary>
    internal void Compare(int counter, long at, string seenBy)
    {
        lock (guard)
        {
            var others = at - version;
            if (counter < acknowledged)
            {
                Report($"{seenBy}: counter {counter} stands at version {at}, but write {acknowledged} was acknowledged as version {version}");
            }
            else if (others < 0 || counter > sent || (others == 0 && counter != acknowledged))
            {
                Report($"{seenBy}: counter {counter} stands at version {at}; {acknowledged} was acknowledged as version {version}, {sent} sent");
            }
            else if (!Explain(others))
            {
                Report($"{seenBy}: version {at} stands, {version} was acknowledged, and fewer writes are without answer");
            }

            (acknowledged, version) = (counter, at);
        }
    }

    /// <summary>A round is over: what has had no answer for two rounds can happen no more.</summary>
    internal void Age()
    {
        lock (guard)
        {
            (unansweredBefore, unanswered) = (unanswered, 0);
        }
    }

    private bool Explain(long others)
    {
        if (others > unanswered + unansweredBefore)
        {
            return false;
        }

        var older = (int)Math.Min(others, unansweredBefore);
        unansweredBefore -= older;
        unanswered -= (int)others - older;
        return true;
    }

    private void Note(string line)
    {
        lines.Enqueue(line);
        if (lines.Count > LinesKept)
        {
            lines.Dequeue();
        }
    }

    private void Report(string what) => faults.Add($"{whose}: {what}\n    journal: {string.Join("; ", lines)}");
}
