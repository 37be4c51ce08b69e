using System.Globalization;
using System.Text;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>A rollout as a table for people, some 100 columns wide: where it is, how far, how fast, what would halt it, and whose turn it is.</summary>
internal static class RolloutText
{
    internal static string Of(RolloutView view, DateTimeOffset now)
    {
        var text = new StringBuilder();
        WriteHead(text, view, now);
        text.Append('\n');
        WriteGroups(text, view);
        WriteFigures(text, view, now);
        WriteList(text, "halts", view.Halts, WriteHalt);
        WriteList(text, "approvals", view.Approvals, (table, step) => WriteApproval(table, step, view.Approvals.IndexOf(step) + 1));
        if (Next(view) is { } next)
        {
            text.Append(Invariant($"\nnext  {next}\n"));
        }

        return text.ToString();
    }

    /// <summary>A page of rollouts, a line each.</summary>
    internal static string Of(IReadOnlyList<RolloutView> views, DateTimeOffset now)
    {
        if (views.Count == 0)
        {
            return "There are no rollouts.\n";
        }

        var table = new TextTable(2, 3);
        table.Add("ROLLOUT", "STATUS", "DONE", "DEVICES", "RELEASE", "NAME");
        foreach (var view in views)
        {
            var done = view.Total == 0 ? "" : Invariant($"{MemberTally.Of(view.Counts, view.Total).DonePercent}%");
            var status = $"{Spaced(view.Status)} for {Span(now - view.Since)}";
            table.Add(view.Id, status, done, view.Total == 0 ? "" : Count(view.Total), Clean(view.Spec.Release), Clean(view.Spec.Name));
        }

        var text = new StringBuilder();
        table.WriteTo(text);
        return text.ToString();
    }

    private static void WriteHead(StringBuilder text, RolloutView view, DateTimeOffset now)
    {
        var pause = view is { Status: RolloutStatus.Paused, Pause: not PauseLevel.None } ? $" ({Words.Of(view.Pause)})" : "";
        text.Append(Invariant($"{view.Id}: {Clean(view.Spec.Name)}, release {Clean(view.Spec.Release)}, by {Clean(view.Author)}\n"));
        text.Append(Invariant($"{Spaced(view.Status).ToUpperInvariant()}{pause} since {Time(view.Since)} ({Span(now - view.Since)})\n"));
        foreach (var (word, value) in new[] { ("because", view.Because), ("takes back", view.RollbackOf), ("taken back by", view.RollbackId) })
        {
            if (value is not null)
            {
                text.Append(Invariant($"{word} {Clean(value)}\n"));
            }
        }
    }

    private static void WriteGroups(StringBuilder text, RolloutView view)
    {
        if (view.Total == 0)
        {
            text.Append("No members yet: they are found when it starts. POST …/plan says which they would be.\n\n");
            return;
        }

        var table = new TextTable(3, 4, 5, 6, 7, 8, 9);
        table.Add("GROUP", "STATUS", "", "DONE", "VERIFIED", "FAILED", "LEFT OUT", "UNDER WAY", "WAITING", "TOTAL");
        foreach (var group in view.Groups)
        {
            Row(table, Clean(group.Name), Words.Of(group.Status), MemberTally.Of(group.Counts, group.Total));
        }

        Row(table, "all", "", MemberTally.Of(view.Counts, view.Total));
        table.WriteTo(text);
        text.Append(Invariant($"\n{MemberTally.Legend}\n\n"));
    }

    private static void Row(TextTable table, string name, string status, MemberTally tally) => table.Add(
        name, status, $"[{tally.Bar()}]", Invariant($"{tally.DonePercent}%"), Count(tally.Verified), Count(tally.Failed), Count(tally.LeftOut),
        Count(tally.UnderWay), Count(tally.Waiting), Count(tally.Total));

    private static void WriteFigures(StringBuilder text, RolloutView view, DateTimeOffset now)
    {
        var table = new TextTable();
        var limit = view.Spec.MaxInFlight is { } max ? $" of at most {Count(max)}" : "";
        var admitted = view.AdmittedPerMinute is { } rate ? Invariant($"; at most {rate:0.#} a minute begin") : "";
        table.Add("in flight", $"{Count(view.InFlight)}{limit}; {Count(view.Attempted)} attempted so far");
        if (!view.Status.IsFinal())
        {
            var isMoving = view.Status is not (RolloutStatus.Paused or RolloutStatus.Holding);
            table.Add("rate", view.RatePerMinute is { } verified ? Invariant($"{verified:0.#} a minute are verified{admitted}") : $"none verified lately{admitted}");
            table.Add("ETA", isMoving && view.Eta is { } eta ? $"{Time(eta)} (in {Span(eta - now)})" : "unknown while nothing moves");
        }

        if (!view.Counts.IsEmpty)
        {
            table.Add("states", string.Join(", ", RolloutResponse.Named(view.Counts).Select(static count => $"{count.Key} {Count(count.Value)}")));
        }

        table.WriteTo(text);
    }

    private static void WriteHalt(TextTable table, HaltView halt)
    {
        var unit = halt.Rule.Kind is HaltKind.FailedPercent or HaltKind.UnreachablePercent ? " %" : "";
        var left = halt.Rule.Limit - halt.Value;
        var distance = halt.HasFired ? "FIRED"
            : halt.MissingSample > 0 ? $"counts after {Count(halt.MissingSample)} more attempted"
            : unit.Length > 0 ? Invariant($"{Math.Max(0, left):0.##} % away")
            : Invariant($"fires with {Math.Floor(Math.Max(0, left)) + 1:0} more");
        table.Add(Words.Of(halt.Rule.Kind), Invariant($"{halt.Value:0.##}{unit} (above {halt.Rule.Limit:0.##}{unit}: {Words.Of(halt.Rule.Action)})"), distance);
    }

    private static void WriteApproval(TextTable table, ApprovalView step, int number)
    {
        var decided = step.Decisions.Select(static decision => $"{(decision.IsApproved ? "approved" : "denied")} by {Clean(decision.Principal)} {Time(decision.At)}");
        var expires = step is { Status: "Pending", ExpiresAt: { } at } ? [$"expires {Time(at)}"] : Array.Empty<string>();
        table.Add(
            Invariant($"{number}. {Clean(step.Step.Role)}"), Invariant($"{step.Decisions.Count(static decision => decision.IsApproved)} of {step.Step.Required}"),
            step.Status.ToLowerInvariant(), string.Join(", ", decided.Concat(expires)));
    }

    private static void WriteList<T>(StringBuilder text, string title, IReadOnlyCollection<T> items, Action<TextTable, T> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        var table = new TextTable();
        foreach (var item in items)
        {
            write(table, item);
        }

        text.Append(Invariant($"\n{title}\n"));
        table.WriteTo(text, "  ");
    }

    private static string? Next(RolloutView view) => view.Status switch
    {
        RolloutStatus.Draft => $"POST {RolloutEndpoints.Path}/{view.Id}/submit, by its author",
        RolloutStatus.InReview => $"POST /api/v1/approvals/{view.Id}, by an approver, on the plan {view.PlanHash}",
        RolloutStatus.Approved => $"POST {RolloutEndpoints.Path}/{view.Id}/start, by an operator",
        RolloutStatus.Paused or RolloutStatus.Holding => $"POST {RolloutEndpoints.Path}/{view.Id}/resume, …/abort or …/rollback, by an operator",
        _ => null,
    };

    /// <summary>No control characters: names come from elsewhere and this goes to terminals.</summary>
    private static string Clean(string text) => text.Any(char.IsControl) ? new string([.. text.Select(static c => char.IsControl(c) ? '?' : c)]) : text;

    private static string Spaced<T>(T word)
        where T : struct, Enum => string.Concat(Words.Of(word).Select(static c => char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString()));

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Span(TimeSpan span) => span switch
    {
        { Ticks: < 0 } => "0 s",
        { TotalMinutes: < 2 } => Invariant($"{(int)span.TotalSeconds} s"),
        { TotalHours: < 2 } => Invariant($"{(int)span.TotalMinutes} min"),
        { TotalDays: < 2 } => Invariant($"{(int)span.TotalHours} h {span.Minutes} min"),
        _ => Invariant($"{(int)span.TotalDays} d {span.Hours} h"),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
