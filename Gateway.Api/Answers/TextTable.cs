using System.Text;

namespace Muster.Gateway;

/// <summary>Rows of text in aligned columns, two spaces between them.</summary>
/// <param name="rightAligned">Indexes of the columns of numbers.</param>
internal sealed class TextTable(params int[] rightAligned)
{
    private readonly List<string[]> rows = [];

    internal void Add(params string[] row) => rows.Add(row);

    internal void WriteTo(StringBuilder text, string indent = "")
    {
        var widths = Enumerable.Range(0, rows.Max(static row => row.Length)).Select(column => rows.Max(row => column < row.Length ? row[column].Length : 0)).ToArray();
        foreach (var row in rows)
        {
            var line = string.Join("  ", row.Select((cell, column) => rightAligned.Contains(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])));
            text.Append(indent).Append(line.TrimEnd()).Append('\n');
        }
    }
}
