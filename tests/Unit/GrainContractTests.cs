using System.Reflection;
using System.Runtime.CompilerServices;
using Muster.Devices;
using Orleans.Runtime;
using Xunit;

namespace Muster;

/// <summary>What is sent between processes has names and numbers of its own, so that code can be renamed and versions can meet.</summary>
public sealed class GrainContractTests
{
    private static readonly Type[] Types =
    [
        .. typeof(IDeviceGrain).Assembly.GetTypes().Where(type => !type.IsDefined(typeof(CompilerGeneratedAttribute)) && IsOurs(type)),
    ];

    private static readonly Type[] Messages = [.. Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))];

    private static readonly Type[] Contracts = [.. Types.Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))];

    [Fact]
    public void Every_message_has_an_alias_of_its_own()
    {
        Assert.NotEmpty(Messages);
        Assert.Empty(Messages.Where(type => !type.IsDefined(typeof(AliasAttribute), inherit: false)).Select(type => type.FullName));
    }

    [Fact]
    public void Every_interface_and_each_of_its_methods_has_an_alias_of_its_own()
    {
        Assert.NotEmpty(Contracts);
        Assert.Empty(Contracts.Where(type => !type.IsDefined(typeof(AliasAttribute), inherit: false)).Select(type => type.FullName));
        Assert.Empty(Contracts.SelectMany(type => type.GetMethods())
            .Where(method => !method.IsDefined(typeof(AliasAttribute), inherit: false)).Select(method => $"{method.DeclaringType}.{method.Name}"));
    }

    [Fact]
    public void No_alias_is_used_twice_and_all_are_ours()
    {
        var aliases = Messages.Concat(Contracts).Select(Alias).ToArray();

        Assert.Equal(aliases.Distinct(StringComparer.Ordinal), aliases);
        Assert.All(aliases, alias => Assert.StartsWith("muster.", alias, StringComparison.Ordinal));
        Assert.All(Contracts, type => Assert.Equal(type.GetMethods().Length, type.GetMethods().Select(Alias).Distinct(StringComparer.Ordinal).Count()));
    }

    [Fact]
    public void Every_member_of_a_message_has_a_number_of_its_own()
    {
        foreach (var type in Messages)
        {
            var ids = type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Select(member => member.GetCustomAttribute<IdAttribute>()?.Id).OfType<uint>().ToArray();
            var stored = type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Where(property => property.SetMethod is not null && property.GetCustomAttribute<IdAttribute>() is null);

            Assert.Equal(ids.Distinct(), ids);
            Assert.Empty(stored.Select(property => $"{type}.{property.Name}"));
        }
    }

    [Fact]
    public void Messages_are_immutable_so_that_silos_pass_them_on_without_a_copy() =>
        Assert.Empty(Messages.Where(type => !type.IsDefined(typeof(ImmutableAttribute), inherit: false)).Select(type => type.FullName));

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("Muster", StringComparison.Ordinal) == true;

    private static string Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)!.Alias;
}
