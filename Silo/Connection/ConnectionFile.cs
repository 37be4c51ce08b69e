using System.Text.Encodings.Web;
using System.Text.Json;

namespace Muster.Hosting;

/// <summary>Writes and deletes <c>connection.json</c> in the data folder.</summary>
internal sealed class ConnectionFile(string dataFolder)
{
    // Its keys are base64 and its paths may be anything; both should read as they are.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal string FilePath { get; } = Path.Combine(dataFolder, ConnectionInfo.FileName);

    internal void Write(ConnectionInfo info) => PrivateFile.Write(FilePath, JsonSerializer.SerializeToUtf8Bytes(info, Json));

    /// <summary>One line, for a child process.</summary>
    internal static string ToLine(ConnectionInfo info) => JsonSerializer.Serialize(info, JsonSerializerOptions.Web);

    internal void Delete() => File.Delete(FilePath);
}
