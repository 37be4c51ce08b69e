using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muster.Access;

namespace Muster.Hosting;

/// <summary>The policies' keys in the data folder, each encrypted under the master key.</summary>
internal static class PolicyFile
{
    internal const string FileName = "policies.json";
    private const int Version = 1;
    private const int KeyLength = 32;

    private sealed record Content(int Version, Dictionary<string, Keys> Policies);

    private sealed record Keys(byte[] Primary, byte[] Secondary);

    /// <summary>Reads the keys; policies that have none get random ones, written before they are returned.</summary>
    /// <exception cref="StartupException">The file is damaged, or was written under another master key.</exception>
    internal static IReadOnlyList<AccessPolicy> LoadOrCreate(string folder, ISecretProtector protector)
    {
        var path = Path.Combine(folder, FileName);
        var content = Load(path) ?? new(Version, []);
        var missing = AccessPolicies.Defaults.Where(policy => !content.Policies.ContainsKey(policy.Name)).ToArray();
        foreach (var (name, _) in missing)
        {
            content.Policies.Add(name, new(NewKey(protector), NewKey(protector)));
        }

        if (missing.Length > 0)
        {
            PrivateFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(content, JsonSerializerOptions.Web));
        }

        try
        {
            return [.. AccessPolicies.Defaults.Select(policy => Open(policy.Name, policy.Rights, content.Policies[policy.Name], protector))];
        }
        catch (CryptographicException)
        {
            throw new StartupException(ExitCode.DataFolder, $"{path} was written under another master key than {MasterKey.FileName}");
        }
    }

    private static Content? Load(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), JsonSerializerOptions.Web);
            return content is { Version: Version, Policies: not null } ? content
                : throw new StartupException(ExitCode.DataFolder, $"{path} is of another version");
        }
        catch (JsonException)
        {
            throw new StartupException(ExitCode.DataFolder, $"{path} is damaged: not the JSON that Muster writes");
        }
    }

    private static AccessPolicy Open(string name, AccessRights rights, Keys keys, ISecretProtector protector) =>
        new(name, rights, Text(protector.Unprotect(keys.Primary)), Text(protector.Unprotect(keys.Secondary)));

    private static string Text(byte[] key) => Encoding.ASCII.GetString(key);

    private static byte[] NewKey(ISecretProtector protector) =>
        protector.Protect(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyLength))));
}
