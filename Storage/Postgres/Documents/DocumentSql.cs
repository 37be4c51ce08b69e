using Muster.Storage.Documents;
using Npgsql;
using NpgsqlTypes;

namespace Muster.Storage.Postgres;

/// <summary>The statements over documents. Each answers a row with a version, or none: the document is not as expected, or not there.</summary>
internal static class DocumentSql
{
    private const string Key = "grain_type = $1 and key = $2 and name = $3";

    private const string Select = $"select version, payload from document where {Key}";

    private const string Insert =
        "insert into document (grain_type, key, name, version, payload) values ($1, $2, $3, nextval('document_version'), $4) on conflict do nothing returning version";

    private const string Update = $"update document set version = nextval('document_version'), payload = $4 where {Key} and version = $5 returning version";

    private const string DeleteRow = $"delete from document where {Key} and version = $4 returning version";

    private const string Absent = $"select 0::bigint where not exists (select from document where {Key})";

    public const string Keys =
        "select key from document where grain_type = $1 and name = $2 and ($3::text is null or key > $3) order by key limit $4";

    /// <summary>One of each, to be prepared.</summary>
    public static IEnumerable<NpgsqlBatchCommand> All => [Read(default), Write(default, default, 0), Write(default, default, 1), Delete(default, 0), Delete(default, 1)];

    public static NpgsqlBatchCommand Read(DocumentKey key) => Command(Select, key);

    /// <param name="expected">0: there must be none.</param>
    public static NpgsqlBatchCommand Write(DocumentKey key, ReadOnlyMemory<byte> payload, long expected)
    {
        var write = Command(expected == 0 ? Insert : Update, key);
        write.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = payload, NpgsqlDbType = NpgsqlDbType.Bytea });
        if (expected != 0)
        {
            write.Parameters.Add(Version(expected));
        }

        return write;
    }

    /// <param name="expected">0: there must be none.</param>
    public static NpgsqlBatchCommand Delete(DocumentKey key, long expected)
    {
        var delete = Command(expected == 0 ? Absent : DeleteRow, key);
        if (expected != 0)
        {
            delete.Parameters.Add(Version(expected));
        }

        return delete;
    }

    private static NpgsqlBatchCommand Command(string sql, DocumentKey key) => new(sql)
    {
        Parameters = { Text(key.GrainType), Text(key.Key), Text(key.Name) },
    };

    private static NpgsqlParameter<string> Text(string? value) => new() { TypedValue = value ?? "", NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<long> Version(long value) => new() { TypedValue = value };
}
