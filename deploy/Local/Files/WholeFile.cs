using System.Text.Encodings.Web;
using System.Text.Json;

namespace Muster.Local;

/// <summary>Small files that appear whole or not at all.</summary>
internal static class WholeFile
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes beside <paramref name="path"/>, then renames over it. Readable by its owner alone.</summary>
    internal static void Write(string path, byte[] content)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
        }

        File.Move(temporary, path, overwrite: true);
    }

    internal static void WriteJson<T>(string path, T value) => Write(path, JsonSerializer.SerializeToUtf8Bytes(value, Json));
}
