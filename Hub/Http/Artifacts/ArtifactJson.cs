using System.Text.Json;
using System.Text.Json.Serialization;

namespace Muster.Releases;

/// <summary>An artifact that belongs to its release now.</summary>
internal sealed record UploadedArtifact(string ReleaseId, string Name, long Size, string Sha256, string Sha1, string Md5, int Blocks, string? SignedBy)
{
    internal static UploadedArtifact From(ArtifactView artifact) => new(
        artifact.File.ReleaseId, artifact.File.Name, artifact.File.Size, artifact.File.Sha256, artifact.File.Sha1, artifact.File.Md5, artifact.Blocks,
        artifact.Signature?.KeyId);
}

/// <summary>The JSON of uploads.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(UploadedArtifact))]
internal sealed partial class ArtifactJson : JsonSerializerContext;
