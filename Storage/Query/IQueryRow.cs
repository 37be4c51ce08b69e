using System.Text.Json;
using Muster.Fleet;

namespace Muster.Storage.Query;

/// <summary>The row that a statement stands at, in terms that no engine has a word in.</summary>
internal interface IQueryRow
{
    /// <summary>The row's place in the order of registration.</summary>
    long Id { get; }

    DeviceRow Device();

    /// <summary>Writes a key of the group under its name, or nothing if it is missing.</summary>
    /// <param name="key">Which of GROUP BY, from 0.</param>
    void WriteKey(Utf8JsonWriter to, JsonEncodedText name, int key);

    /// <summary>Writes an aggregate of the group under its name, or nothing if it is undefined.</summary>
    /// <param name="aggregate">Which of the list, from 0, keys not counted.</param>
    void WriteAggregate(Utf8JsonWriter to, JsonEncodedText name, int aggregate);
}
