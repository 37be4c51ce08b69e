using System.Text;
using SQLitePCL;

namespace Muster.Storage.Sqlite;

/// <summary>A prepared statement. Parameters count from 1, columns from 0, as SQLite has them. Spans hold until the next step or reset.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    public void BindNull(int parameter) => Check(raw.sqlite3_bind_null(handle, parameter));

    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(handle, parameter, value));

    public void Bind(int parameter, double value) => Check(raw.sqlite3_bind_double(handle, parameter, value));

    /// <summary>Binds TEXT; the empty span is the empty text.</summary>
    public void BindText(int parameter, ReadOnlySpan<byte> utf8) =>
        Check(raw.sqlite3_bind_text(handle, parameter, utf8.IsEmpty ? ""u8 : utf8));

    /// <summary>Binds TEXT, or NULL for null.</summary>
    public void BindText(int parameter, string? text)
    {
        if (text is null)
        {
            BindNull(parameter);
            return;
        }

        Span<byte> utf8 = text.Length <= 256 ? stackalloc byte[text.Length * 3] : new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        BindText(parameter, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    /// <summary>Binds a BLOB; the empty span is the empty blob, where SQLite's own call would make NULL of it.</summary>
    public void BindBlob(int parameter, ReadOnlySpan<byte> blob) =>
        Check(blob.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, parameter, 0) : raw.sqlite3_bind_blob(handle, parameter, blob));

    /// <summary>True if there is a row, false at the end.</summary>
    /// <exception cref="SqliteFault">The statement failed; it is reset.</exception>
    public bool Step()
    {
        var result = raw.sqlite3_step(handle);
        if (result is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return result == raw.SQLITE_ROW;
        }

        var fault = database.Fault(result);
        Reset();
        throw fault;
    }

    /// <summary>Steps a statement that has no rows, and resets it.</summary>
    public void Execute()
    {
        Step();
        Reset();
    }

    /// <summary>Makes it ready to run again; parameters keep what was bound.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    /// <summary>SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB or SQLITE_NULL.</summary>
    public int ColumnType(int column) => raw.sqlite3_column_type(handle, column);

    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    public double Double(int column) => raw.sqlite3_column_double(handle, column);

    /// <summary>The bytes of a BLOB or of a TEXT in UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    /// <summary>A copy of <see cref="Bytes"/>; null for NULL.</summary>
    public byte[]? BytesOrNull(int column) => IsNull(column) ? null : Bytes(column).ToArray();

    public string? TextOrNull(int column) => IsNull(column) ? null : Encoding.UTF8.GetString(Bytes(column));

    public long? Int64OrNull(int column) => IsNull(column) ? null : Int64(column);

    public void Dispose() => handle.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw database.Fault(result);
        }
    }
}
