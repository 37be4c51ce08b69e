namespace Muster.Files;

/// <summary>A device asks where to upload a file to.</summary>
internal sealed record UploadRequest(string? BlobName);

/// <summary>Where: the SDKs put <c>https://{hostName}/{containerName}/{blobName}{sasToken}</c> together.</summary>
internal sealed record UploadAnswer(string CorrelationId, string HostName, string ContainerName, string BlobName, string SasToken);

/// <summary>A device says how its upload went. C#'s SDK puts the correlation id here, Node's into the path.</summary>
internal sealed record UploadNotice(string? CorrelationId, bool? IsSuccess, int? StatusCode, string? StatusDescription);
