using System.Collections.Immutable;
using Muster.Query;

namespace Muster.Storage.Query;

/// <summary>
/// How an engine says the parts of a condition that engines say differently. One for each statement. The device table is called <c>d</c>;
/// every expression is NULL where the value is undefined, and never fails, whatever a row holds.
/// </summary>
internal abstract class SqlDialect
{
    /// <summary>The values of the statement.</summary>
    public abstract SqlParameters Parameters { get; }

    public abstract string True { get; }

    public abstract string False { get; }

    /// <summary>A truth value that is undefined.</summary>
    public abstract string Unknown { get; }

    public abstract string Column(DeviceColumn column);

    /// <summary>How many messages are queued for the device.</summary>
    public abstract string QueueDepth { get; }

    /// <summary>The truth of a column that is 1 or 0.</summary>
    public abstract string Flag(DeviceColumn column);

    public abstract string Number(double constant);

    public abstract string Text(string constant);

    /// <summary>A text of the table that is compared as the language does: by code points.</summary>
    public abstract string OrderedText(string sql);

    /// <summary>As above, of a column that may hold any character.</summary>
    public abstract string AnyText(DeviceColumn column);

    /// <summary>The value at a place of a document column.</summary>
    public abstract SqlValue InDocument(DeviceColumn document, ImmutableArray<string> segments);

    /// <summary>A truth value, never NULL: is the value at a place in a document, whose type is <paramref name="type"/>, of this kind?</summary>
    public abstract string Test(string type, TypeTestKind kind);

    /// <summary>A number as a double.</summary>
    public abstract string Real(string number);

    /// <summary>IEEE arithmetic on two doubles; NULL where the result is no number, and for a division by zero.</summary>
    public abstract string Arithmetic(ArithmeticOperator arithmetic, string left, string right);

    public abstract string TextTest(TextTestKind kind, string text, string part);

    /// <summary>Ticks in the twin's form of a time; NULL for NULL.</summary>
    public abstract string TimeText(string ticks);

    /// <summary>True where the column holds a JSON array with items.</summary>
    public abstract string HasItems(DeviceColumn array);

    /// <summary>SQL for "a then b, whichever is defined first".</summary>
    public string FirstDefined(params ReadOnlySpan<string?> candidates)
    {
        var found = new List<string>();
        foreach (var candidate in candidates)
        {
            if (candidate is not null)
            {
                found.Add(candidate);
            }
        }

        return found.Count switch { 0 => Unknown, 1 => found[0], _ => $"COALESCE({string.Join(',', found)})" };
    }
}
