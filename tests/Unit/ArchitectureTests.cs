using System.Reflection;
using System.Xml.Linq;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Muster;

/// <summary>Which room may look into which: the dependency column of the architecture, by project files and by compiled references.</summary>
public sealed class ArchitectureTests
{
    private const string Prefix = "Muster.";

    private static readonly Dictionary<string, string[]> MayDependOn = new(StringComparer.Ordinal)
    {
        ["Grains.Interfaces"] = [],
        ["Grains"] = ["Grains.Interfaces"],
        ["Storage"] = ["Grains.Interfaces", "Grains"],
        ["Hub"] = ["Grains.Interfaces", "Grains"],
        ["Gateway.Api"] = ["Grains.Interfaces"],
        ["Silo"] = ["Grains.Interfaces", "Grains", "Storage", "Hub", "Gateway.Api"],
        ["Simulator"] = ["Grains.Interfaces"],
    };

    public static TheoryData<string> Rooms => [.. MayDependOn.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_project_refers_to_no_room_that_it_may_not_look_into(string room)
    {
        var references = Project(room).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Empty(references.Except(MayDependOn[room]));
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void An_assembly_uses_no_room_that_it_may_not_look_into(string room)
    {
        var references = Assembly.Load(Prefix + room).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..]);

        Assert.Empty(references.Except(MayDependOn[room]));
    }

    [Fact]
    public void Every_project_outside_the_tests_is_a_room_of_the_architecture()
    {
        var projects = Directory.EnumerateFiles(Root(), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root(), file).Replace('\\', '/'))
            .Where(file => file.Split('/') is [var room, _] && room != "tests")
            .Select(Path.GetFileNameWithoutExtension);

        Assert.Equal(MayDependOn.Keys.Order(StringComparer.Ordinal), projects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_two_log_messages_have_the_same_event_id()
    {
        var ids = Rooms.SelectMany(room => Assembly.Load(Prefix + room.Data).GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .SelectMany(method => method.GetCustomAttributes<LoggerMessageAttribute>().Select(message => (message.EventId, Where: $"{method.DeclaringType!.FullName}.{method.Name}")))
            .ToLookup(message => message.EventId, message => message.Where);

        Assert.NotEmpty(ids);
        Assert.Empty(ids.Where(places => places.Distinct().Count() > 1).Select(places => $"{places.Key}: {string.Join(", ", places)}"));
    }

    [Fact]
    public void The_contracts_need_Orleans_alone()
    {
        var packages = Project("Grains.Interfaces").Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value);

        Assert.Equal(["Microsoft.Orleans.Sdk"], packages);
    }

    [Theory]
    [InlineData("Gateway.Api")]
    [InlineData("Grains.Interfaces")]
    [InlineData("Grains")]
    [InlineData("Hub")]
    public void No_database_is_used_outside_of_storage(string room) =>
        Assert.DoesNotContain(
            Assembly.Load(Prefix + room).GetReferencedAssemblies(),
            reference => reference.Name!.Contains("Sqlite", StringComparison.OrdinalIgnoreCase) || reference.Name.StartsWith("Npgsql", StringComparison.Ordinal));

    private static XDocument Project(string room) => XDocument.Load(Path.Combine(Root(), room, room + ".csproj"));

    internal static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Orleans.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return directory.FullName;
    }
}
