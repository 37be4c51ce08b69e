using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>One column of a batch: an array parameter with an element for each row.</summary>
internal abstract class ArrayColumn<TRow>(string name, string type)
{
    public string Name { get; } = name;

    /// <summary>The element type, as the server calls it.</summary>
    public string Type { get; } = type;

    /// <summary>What the column is set to, where it is not the element itself.</summary>
    public string? Expression { get; init; }

    public abstract NpgsqlParameter Parameter { get; }

    public abstract void Add(TRow row);

    public abstract void Clear();
}

/// <summary>The list is filled and emptied again for every batch, and so is no garbage.</summary>
internal sealed class ArrayColumn<TRow, T>(string name, string type, Func<TRow, T> value) : ArrayColumn<TRow>(name, type)
{
    private readonly List<T> values = [];
    private NpgsqlParameter<List<T>>? parameter;

    public override NpgsqlParameter Parameter => parameter ??= new NpgsqlParameter<List<T>> { DataTypeName = Type + "[]", TypedValue = values };

    public override void Add(TRow row) => values.Add(value(row));

    public override void Clear() => values.Clear();
}
