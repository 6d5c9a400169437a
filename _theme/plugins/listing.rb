# frozen_string_literal: true

# What readers find by browsing: the posts that are not hidden, their neighbours and relatives, topics, years, pages of the list.
#
# Everything is worked out once, in time linear in the number of posts, so that layouts only lay out:
# `site.data.listing` has `posts`, `years`, `topics` and `menu`; a post has `newer`, `older`, `related` and `topics`;
# a page with `layout: home` has `posts`, `page_number`, `page_count`, `newer_url` and `older_url`.
module Nbpress
  class Listing < Jekyll::Generator
    safe true
    # Later than generators that make posts, earlier than the sitemap.
    priority :low

    PAGE_SIZE = 15
    RELATED = 3
    # How far we look in each of a post's topics for its relatives: all of a topic would make the work quadratic.
    REACH = 4

    def generate(site)
      hidden, shown = site.posts.docs.reverse.partition { |post| post.data["hide"] == true }
      # A hidden post has an address and nothing that leads to it.
      hidden.each { |post| post.data["sitemap"] = false unless post.data.key?("sitemap") }
      topics = Topics.new(shown)
      connect(shown, topics)
      site.data["listing"] = { "posts" => shown, "years" => years(shown), "topics" => topics.list, "menu" => menu(site) }
      paginate(site, pinned_first(shown))
    end

    private

    def connect(posts, topics)
      posts.each_cons(2) { |newer, older| newer.data["older"], older.data["newer"] = older, newer }
      posts.each do |post|
        post.data["topics"] = topics.of(post)
        post.data["related"] = topics.relatives(post, REACH).first(RELATED)
      end
    end

    # `sticky_rank` comes first, the smallest on top; all others follow by date.
    def pinned_first(posts)
      pinned, rest = posts.partition { |post| post.data["sticky_rank"].is_a?(Numeric) }
      pinned.each_with_index.sort_by { |post, index| [post.data["sticky_rank"], index] }.map(&:first) + rest
    end

    def years(posts)
      posts.group_by { |post| post.date.year }.map { |year, items| { "name" => year.to_s, "posts" => items } }
    end

    # Pages with `menu: 1`, `menu: 2` … in that order, or those that minima's `header_pages` names.
    def menu(site)
      named = site.config["header_pages"]
      pages = if named
                named.filter_map { |path| site.pages.find { |page| page.path == path } }
              else
                site.pages.select { |page| page.data["menu"].is_a?(Numeric) }.sort_by { |page| page.data["menu"] }
              end
      pages.map { |page| { "title" => page.data["title"], "url" => page.url } }
    end

    def paginate(site, posts)
      size = site.config.fetch("pagination", PAGE_SIZE).to_i
      slices = size.positive? ? posts.each_slice(size).to_a : [posts]
      slices << [] if slices.empty?
      site.pages.select { |page| page.data["layout"] == "home" }.each do |first|
        pages = [first] + slices.drop(1).each_index.map { |index| following(site, first, index + 2) }
        pages.each_with_index do |page, index|
          page.data.merge!(
            "posts" => slices[index], "page_number" => index + 1, "page_count" => pages.size,
            "newer_url" => index.positive? ? pages[index - 1].url : nil, "older_url" => pages[index + 1]&.url
          )
        end
        site.pages.concat(pages.drop(1))
      end
    end

    def following(site, first, number)
      page = Jekyll::PageWithoutAFile.new(site, site.source, File.join(first.dir, "page#{number}"), "index.html")
      page.data.merge!(first.data.except("permalink"), "sitemap" => false)
      page.content = ""
      page
    end
  end

  # Categories and tags alike: what posts have in common.
  class Topics
    def initialize(posts)
      @posts = {}
      posts.each { |post| names(post).each { |name| (@posts[name] ||= []) << post } }
      @places = @posts.transform_values { |items| items.each_with_index.to_h.compare_by_identity }
      @slugs = slugs(@posts.keys)
    end

    def list
      @posts.keys.sort_by { |name| [name.downcase, name] }.map do |name|
        { "name" => name, "slug" => @slugs[name], "posts" => @posts[name] }
      end
    end

    def of(post)
      names(post).map { |name| { "name" => name, "slug" => @slugs[name] } }
    end

    # Posts that share most with *post* come first, and a rare topic says more than one that everything is about.
    # Its two neighbours in time have their own links and are no part of it.
    def relatives(post, reach)
      weights = Hash.new(0).compare_by_identity
      names(post).each do |name|
        items = @posts[name]
        place = @places[name][post]
        items[[place - reach, 0].max..place + reach].each { |other| weights[other] += 1.0 / items.size }
      end
      [post, post.data["newer"], post.data["older"]].each { |other| weights.delete(other) }
      weights.sort_by { |other, weight| [-weight, (post.date - other.date).abs, other.url] }.map(&:first)
    end

    private

    def names(post)
      (Array(post.data["categories"]) + Array(post.data["tags"])).map { |name| name.to_s.strip }.reject(&:empty?).uniq
    end

    # "C", "C#" and "C++" are three topics and would have one anchor.
    def slugs(names)
      taken = {}
      names.sort.to_h do |name|
        slug = base = Jekyll::Utils.slugify(name).to_s.then { |text| text.empty? ? "topic" : text }
        count = 1
        slug = "#{base}-#{count += 1}" while taken[slug]
        taken[slug] = true
        [name, slug]
      end
    end
  end
end
